import GatewayCore
import HTTPTypes
import Testing

@Suite("Tries")
struct TriesTests {
  private static let attempts = [
    Attempt(operation: .reject, ending: .noAnswer),
    Attempt(
      operation: .reject, ending: .answered, code: "ResourceNotFoundException", requestID: "r-2", httpStatus: 409),
    Attempt(operation: .lookUp, ending: .answered, requestID: "l-1", httpStatus: 200),
    Attempt(operation: .lookUp, ending: .notUnderstood, requestID: "l-2", httpStatus: 200),
    Attempt(operation: .lookUp, ending: .notSent),
  ]

  private func line(_ attempts: [Attempt], sharedWith: RequestID? = nil) -> String {
    var record = AuditRecord(stage: .outcome)
    record.result = AuditResult(
      httpStatus: 504, code: .upstreamTimeout, outcome: .unknown, aws: AWSAnswer(attempts: 2), attempts: attempts,
      sharedWith: sharedWith, accessKeyID: "AKIDEXAMPLE")
    let bytes = record.line(time: Sample.time, sequence: 1, previous: String(repeating: "0", count: 64))
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("Every request to AWS stands in the outcome record, in order, with what came of it")
  func all() {
    let expected = [
      #""aws":{"attempts":2},"tries":[{"operation":"reject","ending":"no_answer"},"#,
      #"{"operation":"reject","ending":"answered","code":"ResourceNotFoundException","requestId":"r-2","#,
      #""httpStatus":409},{"operation":"look_up","ending":"answered","requestId":"l-1","httpStatus":200},"#,
      #"{"operation":"look_up","ending":"not_understood","requestId":"l-2","httpStatus":200},"#,
      #"{"operation":"look_up","ending":"not_sent"}],"accessKeyId":"AKIDEXAMPLE""#,
    ].joined()
    #expect(line(Self.attempts).contains(expected))
  }

  @Test("Where there was one request or none, what it came to is said already", arguments: [0, 1])
  func one(_ count: Int) {
    #expect(!line(Array(Self.attempts.prefix(count))).contains("tries"))
  }

  @Test("Whose call served this one stands after the tries and before the key")
  func sharedWith() throws {
    let text = line(Self.attempts, sharedWith: try Sample.requestID("first"))
    #expect(text.contains(#"],"sharedWith":"first","accessKeyId":"#))
    #expect(!line(Self.attempts).contains("sharedWith"))
  }

  @Test(
    "An attempt is ambiguous if AWS may have done what was asked without our knowing it",
    arguments: [
      (Attempt(operation: .reject, ending: .noAnswer), true),
      (Attempt(operation: .reject, ending: .notUnderstood, httpStatus: 200), true),
      (Attempt(operation: .reject, ending: .notSent), false),
      (Attempt(operation: .reject, ending: .answered, httpStatus: 200), false),
      (Attempt(operation: .reject, ending: .answered, code: "InternalException", httpStatus: 500), true),
      (Attempt(operation: .reject, ending: .answered, httpStatus: 502), true),
      (Attempt(operation: .reject, ending: .answered, code: "NobodyHasSeenThisYet", httpStatus: 409), true),
      (Attempt(operation: .reject, ending: .answered, code: "ResourceNotFoundException", httpStatus: 409), false),
      (Attempt(operation: .reject, ending: .answered, code: "DisabledOperationException", httpStatus: 409), false),
      (Attempt(operation: .reject, ending: .answered, code: "ValidationException", httpStatus: 400), false),
      (Attempt(operation: .reject, ending: .answered, code: "ThrottlingException", httpStatus: 400), false),
      (Attempt(operation: .reject, ending: .answered, code: "AccessDeniedException", httpStatus: 403), false),
    ])
  func ambiguous(attempt: Attempt, isAmbiguous: Bool) {
    #expect(attempt.isAmbiguous == isAmbiguous)
  }

  @Test("What a reject came to through look-ups is recorded with all its tries")
  func recorded() throws {
    let fixture = SimulatedGateway {
      $0.rejecting = { _, _, _ in .with(.timedOut, AWSAnswer(attempts: 2), attempts: Self.attempts) }
    }
    let response = try fixture.respond(Sample.rejectTarget)
    #expect(response.code == .upstreamTimeout)
    #expect(fixture.journal.records.last?.result?.attempts == Self.attempts)
    #expect(fixture.journal.records.last?.result?.outcome == .unknown)
  }
}
