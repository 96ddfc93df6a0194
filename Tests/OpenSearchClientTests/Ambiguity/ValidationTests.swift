import GatewayCore
import HTTPTypes
import Testing

@testable import OpenSearchClient

/// AWS calls the reject invalid, which it also does where it means "not this one".
@Suite("ValidationException")
struct ValidationTests {
  private static let invalid = FakeTransport.Answer.error("ValidationException", 400)

  private func report(_ lookUp: FakeTransport.Answer) async throws -> RejectionReport {
    try await Calls(FakeTransport([Self.invalid], lookUps: [lookUp])).reject()
  }

  @Test("No such connection: 404")
  func notFound() async throws {
    let report = try await report(.status(200, #"{"Connections":[]}"#))
    #expect(report.verdict == .settled(.notFound))
    #expect(report.ruling == .notRejected(.connectionNotFound))
    #expect(report.answer.code == "ValidationException")
    #expect(report.attempts.map(\.operation) == [.reject, .lookUp])
  }

  @Test(
    "A connection in a state that can't be rejected: 409, with the connection",
    arguments: AWSCodes.connectionStatuses.filter { $0 != "PENDING_ACCEPTANCE" })
  func notRejectable(_ status: String) async throws {
    let report = try await report(.found(status: status))
    #expect(report.ruling == .notRejected(.connectionNotRejectable))
    #expect(report.problem?.connection?.status == status)
  }

  @Test("A connection that awaits acceptance isn't at fault: 422, with what AWS says")
  func pending() async throws {
    let report = try await report(.found(status: "PENDING_ACCEPTANCE"))
    #expect(report.ruling == .notRejected(.upstreamValidation))
    #expect(report.answer.message == "m")
    #expect(report.connection?.status == "PENDING_ACCEPTANCE")
  }

  @Test(
    "A look-up that fails leaves what AWS said: 422",
    arguments: AmbiguousRejectTests.hopelessLookUps + AmbiguousRejectTests.failedLookUps)
  func failedLookUp(_ lookUp: FakeTransport.Answer) async throws {
    let report = try await report(lookUp)
    #expect(report.ruling == .notRejected(.upstreamValidation))
    #expect(report.answer.code == "ValidationException")
    #expect(report.answer.message == "m")
    #expect(report.attempts.map(\.operation) == [.reject, .lookUp])
  }
}
