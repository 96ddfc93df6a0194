import SigV4
import Testing

@Suite("StringToSign")
struct StringToSignTests {
  @Test("The test suite's get-vanilla has the published string to sign")
  func vanilla() {
    let request = CanonicalRequest(
      method: "GET", path: "/", headers: Example.headers, payloadHash: Example.emptyHash)
    #expect(
      StringToSign(date: Example.date, scope: Example.scope, canonicalRequest: request).text == """
        AWS4-HMAC-SHA256
        20150830T123600Z
        20150830/us-east-1/service/aws4_request
        bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63
        """)
  }

  @Test("The IAM User Guide's ListUsers has the published string to sign")
  func listUsers() {
    let request = CanonicalRequest(
      method: "GET", path: "/", query: "Action=ListUsers&Version=2010-05-08",
      headers: [
        (name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8"),
        (name: "Host", value: "iam.amazonaws.com"), (name: "X-Amz-Date", value: Example.date),
      ],
      payloadHash: Example.emptyHash)
    let scope = SigningScope(date: "20150830", region: "us-east-1", service: "iam")
    #expect(
      StringToSign(date: Example.date, scope: scope, canonicalRequest: request).text == """
        AWS4-HMAC-SHA256
        20150830T123600Z
        20150830/us-east-1/iam/aws4_request
        f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59
        """)
  }
}
