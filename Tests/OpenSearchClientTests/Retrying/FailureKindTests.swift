import GatewayCore
import Testing

@testable import OpenSearchClient

@Suite("FailureKind")
struct FailureKindTests {
  @Test("Every throttling code is one, whatever the HTTP status", arguments: AWSCodes.throttling)
  func throttling(_ code: String) {
    for status in [400, 403, 409, 429, 500, 503] {
      #expect(FailureKind(code: code, status: status) == .throttled)
    }
  }

  @Test("AWS's own failures are transient by their status", arguments: AWSCodes.transientStatuses)
  func transientStatuses(_ status: Int) {
    for code in ["InternalException", "ServiceUnavailable", String(status), nil] {
      #expect(FailureKind(code: code, status: status) == .transient)
    }
  }

  @Test("A request that timed out at AWS is transient by its code", arguments: AWSCodes.transient)
  func transientCodes(_ code: String) {
    for status in [400, 408] {
      #expect(FailureKind(code: code, status: status) == .transient)
    }
  }

  @Test("Every code that a wrong clock gets is seen as such", arguments: AWSCodes.skew)
  func skew(_ code: String) {
    for status in [400, 403] {
      #expect(FailureKind(code: code, status: status) == .clockSkew)
    }
  }

  @Test(
    "Expired tokens and unknown keys are the credentials' fault", arguments: AWSCodes.expired + AWSCodes.rejectedKey)
  func credentials(_ code: String) {
    for status in [400, 403] {
      #expect(FailureKind(code: code, status: status) == .credentials)
    }
  }

  @Test("Everything else is final, LimitExceededException too, which is no throttling here", arguments: AWSCodes.final)
  func final(code: String, status: Int) {
    #expect(FailureKind(code: code, status: status) == .final)
  }

  @Test(
    "A status alone is final, but for the four", arguments: [301, 400, 401, 403, 404, 408, 409, 424, 429, 501, 505])
  func otherStatus(_ status: Int) {
    for code in [String(status), nil] {
      #expect(FailureKind(code: code, status: status) == .final)
    }
  }

  @Test("A connection that can't be made or breaks may come back; a deadline or an unknown host won't")
  func transport() {
    #expect(FailureKind(.notSent("refused")) == .transient)
    #expect(FailureKind(.broken("reset")) == .transient)
    #expect(FailureKind(.unknownHost) == .final)
    #expect(FailureKind(.timedOut) == .final)
  }
}
