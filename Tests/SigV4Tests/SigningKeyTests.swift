import SigV4
import Testing

@Suite("SigningKey")
struct SigningKeyTests {
  struct Published: Sendable, CustomTestStringConvertible {
    let name: String
    let method: String
    var query = ""
    var headers: [String: String] = [:]
    let signature: String

    var testDescription: String { name }
  }

  /// The signatures that AWS's Signature Version 4 test suite publishes for these requests.
  static let published = [
    Published(
      name: "get-vanilla", method: "GET",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Published(
      name: "post-vanilla", method: "POST",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    Published(
      name: "get-vanilla-query-order-key-case", method: "GET", query: "Param2=value2&Param1=value1",
      signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    Published(
      name: "get-header-value-trim", method: "GET",
      headers: ["My-Header1": " value1", "My-Header2": " \"a   b   c\""],
      signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
  ]

  @Test("The test suite's requests have the published signatures", arguments: published)
  func publishedSignature(_ example: Published) {
    let request = CanonicalRequest(
      method: example.method, path: "/", query: example.query,
      headers: Example.headers + example.headers.map { (name: $0.key, value: $0.value) },
      payloadHash: Example.emptyHash)
    let text = StringToSign(date: Example.date, scope: Example.scope, canonicalRequest: request)
    let key = SigningKey(secretAccessKey: Secret(Example.secret), scope: Example.scope)
    #expect(key.signature(of: text) == example.signature)
  }

  @Test("The IAM User Guide's ListUsers has the published signature")
  func listUsers() {
    let scope = SigningScope(date: "20150830", region: "us-east-1", service: "iam")
    let request = CanonicalRequest(
      method: "GET", path: "/", query: "Action=ListUsers&Version=2010-05-08",
      headers: [
        (name: "content-type", value: "application/x-www-form-urlencoded; charset=utf-8"),
        (name: "host", value: "iam.amazonaws.com"), (name: "x-amz-date", value: Example.date),
      ],
      payloadHash: Example.emptyHash)
    let text = StringToSign(date: Example.date, scope: scope, canonicalRequest: request)
    let key = SigningKey(secretAccessKey: Secret(Example.secret), scope: scope)
    #expect(key.signature(of: text) == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
  }

  @Test(
    "A key holds for its secret, day, region and service alone",
    arguments: [
      ("another secret", Example.scope),
      (Example.secret, SigningScope(date: "20150831", region: "us-east-1", service: "service")),
      (Example.secret, SigningScope(date: "20150830", region: "us-east-2", service: "service")),
      (Example.secret, SigningScope(date: "20150830", region: "us-east-1", service: "es")),
    ])
  func binding(secret: String, scope: SigningScope) {
    let request = CanonicalRequest(method: "GET", path: "/", headers: Example.headers, payloadHash: Example.emptyHash)
    let text = StringToSign(date: Example.date, scope: Example.scope, canonicalRequest: request)
    let key = SigningKey(secretAccessKey: Secret(Example.secret), scope: Example.scope)
    let other = SigningKey(secretAccessKey: Secret(secret), scope: scope)
    #expect(key.signature(of: text) != other.signature(of: text))
  }

  @Test("A key's bytes, with which anyone could sign for a day, are in no description of it")
  func redacted() {
    let scope = SigningScope(date: "20150830", region: "us-east-1", service: "iam")
    let key = SigningKey(secretAccessKey: Secret(Example.secret), scope: scope)
    var dumped = ""
    dump(key, to: &dumped)
    // The IAM User Guide prints this key: c4afb1cc5771…, whose first bytes are these.
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains("196, 175, 177") && !text.contains("- 196\n"), "\(text)")
    }
  }
}
