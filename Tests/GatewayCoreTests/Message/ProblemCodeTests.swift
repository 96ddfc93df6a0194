import GatewayCore
import HTTPTypes
import Testing

@Suite("ProblemCode")
struct ProblemCodeTests {
  /// README, "The HTTP contract": each code of this version with its status.
  static let table: [String: Int] = [
    "invalid_request": 400, "unauthenticated": 401, "insufficient_scope": 403, "route_not_found": 404,
    "method_not_allowed": 405, "body_too_large": 413, "unsupported_media_type": 415, "headers_too_large": 431,
    "not_implemented": 501, "rate_limited": 429, "connection_not_found": 404, "connection_not_rejectable": 409,
    "upstream_validation": 422, "upstream_throttled": 503, "upstream_denied": 502, "upstream_error": 502,
    "upstream_unreachable": 502,
    "upstream_timeout": 504, "credentials_unavailable": 503, "audit_unavailable": 503, "overloaded": 503,
  ]

  @Test("Every code of the contract exists, and there is no other")
  func complete() {
    #expect(Set(ProblemCode.allCases.map(\.rawValue)) == Set(Self.table.keys))
  }

  @Test("Every code has the contract's status", arguments: ProblemCode.allCases)
  func status(_ code: ProblemCode) {
    #expect(code.status.code == Self.table[code.rawValue])
  }

  @Test("Every code has a title of its own")
  func titles() {
    let titles = ProblemCode.allCases.map(\.title)
    #expect(Set(titles).count == titles.count)
    #expect(titles.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
  }
}
