import SigV4
import Testing

@Suite("Authorization")
struct AuthorizationTests {
  private static let signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
  private static let published =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
    + "SignedHeaders=host;x-amz-date, Signature=" + signature
  private static let authorization = Authorization(
    accessKeyID: "AKIDEXAMPLE", scope: Example.scope, signedHeaders: "host;x-amz-date", signature: signature)

  @Test("The header is written as the test suite publishes it")
  func writing() {
    #expect(Self.authorization.headerValue == Self.published)
  }

  @Test("The published header is read, with or without spaces after its commas, in any order")
  func reading() {
    #expect(Authorization(headerValue: Self.published) == Self.authorization)
    #expect(Authorization(headerValue: Self.published.filter { $0 != " " }) == nil)
    let parts = Self.published.dropFirst("AWS4-HMAC-SHA256 ".count).split(separator: ", ")
    let other = "AWS4-HMAC-SHA256 " + parts.reversed().joined(separator: ",")
    #expect(Authorization(headerValue: other) == Self.authorization)
  }

  @Test(
    "A header that isn't exactly one signature is not read",
    arguments: [
      "", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ",
      "AWS4-HMAC-SHA1 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host",
      "AWS4-HMAC-SHA256 Credential=A/20150830/r/s, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws5_request, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/B/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0, Signature=1",
      "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0, More=1",
      "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host, Signature",
    ])
  func refused(_ text: String) {
    #expect(Authorization(headerValue: text) == nil)
  }
}
