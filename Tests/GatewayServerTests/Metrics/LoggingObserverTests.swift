import GatewayCore
import HTTPTypes
import Logging
import Testing

@testable import GatewayServer

@Suite("LoggingObserver")
struct LoggingObserverTests {
  private let metrics = Metrics()
  private let log = LogRecorder()
  private let observer: LoggingObserver

  init() {
    observer = LoggingObserver(metrics: metrics, logger: log.logger)
  }

  private var page: String {
    metrics.page(
      Metrics.Gauges(
        auditWritable: true, auditRecords: 0, tokens: 0, tokensCurrent: true, tokensReloadFailures: 0,
        inFlight: 0))
  }

  private static func report<Success>(
    _ verdict: UpstreamReport<Success>.Verdict, code: String? = nil, attempts: [Attempt] = []
  ) -> UpstreamReport<Success> {
    UpstreamReport(
      verdict: verdict, answer: AWSAnswer(code: code, message: "AWS's own words", requestID: "aws-1", attempts: 1),
      attempts: attempts, accessKeyID: "AKIDEXAMPLE", region: "eu-west-1", cause: "because")
  }

  @Test("A response is counted, and logged at debug with no more than who, what and how")
  func responded() {
    observer.responded(
      to: Samples.request("POST", "/connections/abcdefghij/reject"), route: "reject",
      response: Response(status: .conflict, code: .connectionNotRejectable), after: .milliseconds(7))
    #expect(page.contains("requests_total{code=\"connection_not_rejectable\",route=\"reject\",status=\"409\"} 1\n"))
    #expect(log.lines.map(\.level) == [.debug])
    #expect(
      log.lines.first?.metadata == [
        "requestId": String(repeating: "ab", count: 16), "route": "reject", "status": "409",
        "code": "connection_not_rejectable", "client": "10.1.2.3",
      ])
  }

  private static let connection = Connection(
    id: "abcdefghij", status: "REJECTING", statusMessage: nil, mode: nil, local: nil, remote: nil)

  @Test(
    "What the caller can see to is logged at debug, the rest as a warning; each is counted by its name",
    arguments: [
      (report(.accepted(connection)), Logger.Level.debug, "accepted"),
      (report(.confirmed(connection)), .debug, "confirmed"), (report(.settled(.notFound)), .debug, "not_found"),
      (report(.settled(.notRejectable)), .debug, "not_rejectable"),
      (report(.refused, code: "ResourceNotFoundException"), .debug, "not_found"),
      (report(.refused, code: "DisabledOperationException"), .debug, "not_rejectable"),
      (report(.refused, code: "ValidationException"), .debug, "validation"),
      (report(.refused, code: "ThrottlingException"), .warning, "throttled"),
      (report(.refused, code: "AccessDeniedException"), .warning, "denied"),
      (report(.refused, code: "InternalException"), .warning, "failed"), (report(.refused), .warning, "failed"),
      (report(.notUnderstood), .warning, "not_understood"), (report(.unreachable), .warning, "unreachable"),
      (report(.timedOut), .warning, "timed_out"), (report(.noCredentials), .warning, "no_credentials"),
      (report(.tooLate), .warning, "too_late"),
    ])
  func upstream(report: RejectionReport, level: Logger.Level, name: String) {
    observer.rejectAnswered(report, to: Samples.request().id)
    #expect(log.lines.map(\.level) == [level])
    #expect(log.lines.first?.metadata["result"] == name)
    #expect(log.lines.first?.metadata["cause"] == "because")
    #expect(page.contains("upstream_calls_total{operation=\"reject\",result=\"\(name)\"} 1\n"))
  }

  @Test("A look-up is counted and logged as one, and each request to AWS by how it ended")
  func lookUp() {
    let attempts = [
      Attempt(operation: .lookUp, ending: .noAnswer), Attempt(operation: .lookUp, ending: .noAnswer),
      Attempt(operation: .lookUp, ending: .answered, httpStatus: 200),
    ]
    observer.lookUpAnswered(
      Self.report(.accepted(ConnectionPage(connections: [])), attempts: attempts), to: Samples.request().id)
    #expect(log.lines.map(\.level) == [.debug])
    // `attempts` as the answer and the audit have it.
    #expect(log.lines.first?.metadata["attempts"] == "1")
    #expect(log.lines.first?.metadata["requests"] == "3")
    #expect(page.contains("upstream_calls_total{operation=\"look_up\",result=\"accepted\"} 1\n"))
    #expect(page.contains("upstream_requests_total{ending=\"no_answer\",operation=\"look_up\"} 2\n"))
    #expect(page.contains("upstream_requests_total{ending=\"answered\",operation=\"look_up\"} 1\n"))
  }

  @Test("A call that is one too many is counted by its kind, and a network that is locked out is warned of")
  func rates() {
    for kind in [RateLimits.Kind.token, .token, .failures] { observer.rateLimited(kind) }
    #expect(page.contains("rate_limited_total{kind=\"token\"} 2\n"))
    #expect(page.contains("rate_limited_total{kind=\"failures\"} 1\n"))
    #expect(log.lines.isEmpty)
    observer.networkLocked("2001:db8::/64")
    #expect(log.lines.map(\.level) == [.warning])
    #expect(log.lines.first?.metadata == ["network": "2001:db8::/64"])
  }

  @Test("A record that couldn't be written is counted")
  func audit() {
    observer.auditFailed(AuditUnavailable("no space"))
    #expect(page.contains("audit_failures_total 1\n"))
  }
}
