import Clocks
import GatewayCore
import HTTPTypes
import Testing

@Suite("Authenticator")
struct AuthenticatorTests {
  private static let noError = "Bearer realm=\"connection-gateway\""
  private static let invalidToken = "Bearer realm=\"connection-gateway\", error=\"invalid_token\""

  @Test(
    "A token of the table is let in, whatever the case of 'Bearer'",
    arguments: ["Bearer", "bearer", "BEARER", "bEaReR"])
  func letIn(_ scheme: String) throws {
    let entry = try Self.authenticator().authenticate(Self.request("\(scheme) \(Sample.token.exposed)"))
    #expect(entry == Sample.entry())
  }

  @Test(
    "Where no token came, the challenge has no error",
    arguments: [nil, "Basic dXNlcjpwYXNz", "Bearer", "Digest a=b", ""])
  func noToken(_ header: String?) throws {
    let problem = try refusal(Self.authenticator(), header)
    #expect(problem.code == .unauthenticated)
    #expect(problem.outcome == .notSent)
    #expect(problem.fields[.wwwAuthenticate] == Self.noError)
  }

  @Test(
    "A token that can't be one is called mistyped, without a look-up",
    arguments: [
      "Bearer x", "Bearer cgw_", "Bearer cgw_" + String(repeating: "0", count: 46),
      "Bearer \(Sample.token.exposed.dropLast())", "Bearer \(Sample.token.exposed)x",
      "Bearer \(Sample.token.exposed) x",
      "Bearer \(Sample.token.exposed),\(Sample.token.exposed)",
    ])
  func mistyped(_ header: String) throws {
    let problem = try refusal(Self.authenticator(), header)
    #expect(problem.code == .unauthenticated)
    #expect(problem.fields[.wwwAuthenticate] == Self.invalidToken)
    #expect(problem.detail.contains("mistyped"))
  }

  @Test("A token that isn't in the table is unknown")
  func unknown() throws {
    let problem = try refusal(Self.authenticator(), "Bearer \(Sample.otherToken.exposed)")
    #expect(problem.code == .unauthenticated)
    #expect(problem.fields[.wwwAuthenticate] == Self.invalidToken)
    #expect(problem.detail.contains("revoked"))
  }

  @Test(
    "A token is let in up to its last microsecond, and from its expiry on no more",
    arguments: [(-1, true), (0, false), (1, false)])
  func expiry(microseconds: Int64, isLetIn: Bool) throws {
    let table = TokenTable(TokensDocument(tokens: [Sample.entry(expiresAt: Sample.time)]))
    let time = Timestamp(microseconds: Sample.time.microseconds + microseconds)
    let authenticator = Authenticator(table: table, clock: .fixed(time))
    let header = "Bearer \(Sample.token.exposed)"
    if isLetIn {
      #expect(try authenticator.authenticate(Self.request(header)).name == "runbook-eu")
    } else {
      let problem = try refusal(authenticator, header)
      #expect(problem.code == .unauthenticated)
      #expect(problem.fields[.wwwAuthenticate] == Self.invalidToken)
      #expect(problem.detail.contains("expired"))
    }
  }

  @Test("A token that is revoked is refused from then on")
  func revoked() throws {
    let table = TokenTable(TokensDocument(tokens: [Sample.entry()]))
    let authenticator = Authenticator(table: table, clock: .fixed(Sample.time))
    let header = "Bearer \(Sample.token.exposed)"
    _ = try authenticator.authenticate(Self.request(header))
    table.replace(with: TokensDocument())
    #expect(try refusal(authenticator, header).code == .unauthenticated)
  }

  @Test("A token may do what its scopes say, and the missing scope is named otherwise")
  func scopes() throws {
    let authenticator = Self.authenticator()
    try authenticator.authorize(Sample.entry(scopes: [.read, .reject]), for: .reject)
    try authenticator.authorize(Sample.entry(scopes: [.read]), for: .read)
    for scopes in [[], [Scope.read]] {
      let problem = try #require(throws: Problem.self) {
        try authenticator.authorize(Sample.entry(scopes: scopes), for: .reject)
      }
      #expect(problem.code == .insufficientScope)
      #expect(
        problem.fields[.wwwAuthenticate]
          == Self.noError + ", error=\"insufficient_scope\", scope=\"connections:reject\"")
      #expect(problem.detail.contains("connections:reject"))
    }
  }

  @Test(
    "No refusal repeats what was sent",
    arguments: ["Bearer \(Sample.otherToken.exposed)", "Basic c2VjcmV0", "Bearer secret"])
  func notRepeated(_ header: String) throws {
    let sent = try #require(header.split(separator: " ").last)
    let problem = try refusal(Self.authenticator(), header)
    #expect(!problem.detail.contains(sent))
    #expect(!"\(problem.fields)".contains(sent))
  }

  private static func authenticator() -> Authenticator {
    Authenticator(table: TokenTable(TokensDocument(tokens: [Sample.entry()])), clock: .fixed(Sample.time))
  }

  private static func request(_ header: String?) throws -> Request {
    var fields = HTTPFields()
    fields[.authorization] = header
    return try Sample.request(fields: fields)
  }

  private func refusal(_ authenticator: Authenticator, _ header: String?) throws -> Problem {
    let request = try Self.request(header)
    return try #require(throws: Problem.self) { try authenticator.authenticate(request) }
  }
}
