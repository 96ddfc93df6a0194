import Clocks
import Digest
import GatewayCore
import HTTPTypes

/// Tokens and requests to test with.
enum Samples {
  static let time = Timestamp(microseconds: 1_795_363_200_123_456)

  static func token(_ name: String) -> (token: GatewayToken, entry: TokenEntry) {
    let token = GatewayToken(random: SecureRandom.bytes)
    let entry = TokenEntry(
      name: name, hash: token.hash, scopes: [.reject], createdAt: Timestamp(seconds: time.seconds), expiresAt: nil)
    return (token, entry)
  }

  /// A tokens file's content with so many tokens.
  static func tokensFile(_ count: Int) -> [UInt8] {
    TokensDocument(tokens: (0..<count).map { token("token-\($0)").entry }).bytes
  }

  static func request(
    _ method: String = "GET", _ target: String = "/", fields: HTTPFields = [:], body: Request.Body = .complete([]),
    violation: FramingViolation? = nil
  ) -> Request {
    Request(
      id: RequestID(randomBytes: [UInt8](repeating: 0xAB, count: 16)), method: method, target: RequestTarget(target),
      fields: fields, body: body, client: Client(address: "10.1.2.3", peer: "127.0.0.1"), violation: violation)
  }
}
