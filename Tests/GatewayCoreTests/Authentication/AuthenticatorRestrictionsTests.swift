import Clocks
import GatewayCore
import HTTPTypes
import IPAddresses
import Testing

@Suite("Restricted tokens")
struct AuthenticatorRestrictionsTests {
  private static let authenticator = Authenticator(table: TokenTable(), clock: .fixed(Sample.time))
  private static let challenge = "Bearer realm=\"connection-gateway\", error=\"insufficient_scope\""

  private static func client(_ address: String) -> Client {
    Client(address: address, peer: "127.0.0.1")
  }

  @Test("From a network that isn't the token's, nothing may be done; which ones are isn't told")
  func from() throws {
    let entry = Sample.entry(restrictions: TokenRestrictions(from: try Sample.ranges("10.0.0.0/8", "fd00::/8")))
    try Self.authenticator.authorize(entry, from: Self.client("10.1.2.3"))
    for address in ["11.1.2.3", "unix", ""] {
      let problem = try #require(throws: Problem.self) {
        try Self.authenticator.authorize(entry, from: Self.client(address))
      }
      #expect(problem.code == .insufficientScope && problem.outcome == .notSent)
      #expect(problem.fields[.wwwAuthenticate] == Self.challenge)
      #expect(problem.detail.contains("'runbook-eu'") && problem.detail.contains("network"))
      #expect(!problem.detail.contains("10.0.0.0") && !problem.detail.contains("fd00"))
    }
    try Self.authenticator.authorize(Sample.entry(), from: Self.client("unix"))
  }

  @Test("For a connection that isn't the token's, nothing may be done; which ones are is told")
  func connection() throws {
    let entry = Sample.entry(restrictions: TokenRestrictions(connections: try Sample.patterns("eu-*", "c-other-one")))
    let problem = try #require(throws: Problem.self) {
      try Self.authenticator.authorize(entry, on: Sample.connectionID())
    }
    #expect(problem.code == .insufficientScope && problem.outcome == .notSent)
    #expect(problem.fields[.wwwAuthenticate] == Self.challenge)
    #expect(problem.detail.contains("eu-*, c-other-one"))
    try Self.authenticator.authorize(entry, on: Sample.connectionID("eu-1234567890"))
    try Self.authenticator.authorize(entry, on: nil)
    try Self.authenticator.authorize(Sample.entry(), on: Sample.connectionID())
  }

  @Test("Of a long list of connections, ten are told")
  func longList() throws {
    let patterns = try (10..<35).map { try #require(ConnectionPattern("eu-\($0)-*")) }
    let entry = Sample.entry(restrictions: TokenRestrictions(connections: patterns))
    let problem = try #require(throws: Problem.self) {
      try Self.authenticator.authorize(entry, on: Sample.connectionID())
    }
    #expect(problem.detail.contains("eu-19-* and 15 more") && !problem.detail.contains("eu-20-*"))
  }

  /// A call that a restricted token may not make.
  struct Refusal: Sendable {
    let target: String
    let action: AuditAction
    /// What the detail says: why it is refused, where there is more than one reason.
    let reason: String
    var scopes: [Scope] = [.reject, .read]
    var connections: [String] = []
    var from: [String] = []
  }

  static let refusals = [
    Refusal(target: Sample.rejectTarget, action: .reject, reason: "these connections", connections: ["eu-*"]),
    Refusal(
      target: Sample.rejectTarget + "?dryRun=true", action: .reject, reason: "these connections", connections: ["eu-*"]),
    Refusal(
      target: "/connections/\(Sample.connectionID)", action: .get, reason: "these connections", connections: ["eu-*"]),
    Refusal(target: Sample.rejectTarget, action: .reject, reason: "this network", from: ["192.0.2.0/24"]),
    Refusal(target: "/connections", action: .list, reason: "this network", from: ["192.0.2.0/24"]),
    // The network comes first, then the scope, then the connection.
    Refusal(
      target: Sample.rejectTarget, action: .reject, reason: "this network", scopes: [.read], connections: ["eu-*"],
      from: ["192.0.2.0/24"]),
    Refusal(
      target: Sample.rejectTarget, action: .reject, reason: "lacks the scope", scopes: [.read], connections: ["eu-*"]),
  ]

  @Test(
    "What a restricted token may not do is a 403 that is written down with its caller, and nothing is asked of AWS",
    arguments: refusals)
  func refused(_ refusal: Refusal) throws {
    let patterns = try refusal.connections.map { try #require(ConnectionPattern($0)) }
    let ranges = try refusal.from.map { try #require(AddressRange($0)) }
    let fixture = SimulatedGateway {
      $0.scopes = refusal.scopes
      $0.restrictions = TokenRestrictions(
        connections: patterns.isEmpty ? nil : patterns, from: ranges.isEmpty ? nil : ranges)
    }
    let response = try fixture.respond(refusal.target)
    #expect(response.status == .forbidden && response.code == .insufficientScope)
    #expect(response.text.contains(refusal.reason))
    #expect(fixture.aws.calls.isEmpty)
    let record = try #require(fixture.journal.records(.denied).first)
    #expect(fixture.journal.records(.denied).count == 1 && fixture.journal.records(.intent).isEmpty)
    #expect(record.caller == Sample.entry().caller)
    #expect(record.action == refusal.action)
    #expect(record.connectionID?.description == (refusal.action == .list ? nil : Sample.connectionID))
  }

  @Test("What it may do, it does", arguments: [Sample.rejectTarget, "/connections/\(Sample.connectionID)"])
  func allowed(_ target: String) throws {
    let restrictions = TokenRestrictions(
      connections: try Sample.patterns("c-12345*"), from: try Sample.ranges("10.1.2.3"))
    let fixture = SimulatedGateway { $0.restrictions = restrictions }
    #expect(try fixture.respond(target).status == .ok)
  }

  @Test("Calls from a network that isn't the token's don't use up its rate, and are told of the network alone")
  func rateOutside() throws {
    let restrictions = TokenRestrictions(
      from: try Sample.ranges("10.0.0.0/8"), rate: .limited(Rate(perSecond: 1, burst: 1)))
    let fixture = SimulatedGateway { $0.restrictions = restrictions }
    for _ in 0..<3 { #expect(try fixture.respond(Sample.rejectTarget, from: "192.0.2.1").status == .forbidden) }
    #expect(try fixture.respond(Sample.rejectTarget, from: "10.1.2.3").status == .ok)
    #expect(try fixture.respond(Sample.rejectTarget, from: "10.1.2.3").status == .tooManyRequests)
    #expect(try fixture.respond(Sample.rejectTarget, from: "192.0.2.1").status == .forbidden)
  }

  @Test("An id that can't be one is a 400 for a restricted token, too")
  func badID() throws {
    let restrictions = TokenRestrictions(connections: try Sample.patterns("eu-*"))
    let fixture = SimulatedGateway { $0.restrictions = restrictions }
    #expect(try fixture.respond("/connections/NO").status == .badRequest)
  }
}
