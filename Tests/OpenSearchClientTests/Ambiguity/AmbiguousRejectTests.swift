import Clocks
import GatewayCore
import HTTPTypes
import Testing

@testable import OpenSearchClient

/// A reject may have reached AWS, and its answer is lost or says nothing: what later attempts and look-ups make of it.
@Suite("Ambiguous rejects")
struct AmbiguousRejectTests {
  /// What leaves open whether AWS took the reject.
  struct Loss: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let answer: FakeTransport.Answer
    /// 504 `upstream_timeout`, else 502 `upstream_error`.
    let isSilence: Bool

    init(_ description: String, _ answer: FakeTransport.Answer, isSilence: Bool = false) {
      testDescription = description
      self.answer = answer
      self.isSilence = isSilence
    }
  }

  static let losses = [
    Loss("no answer in time", .failure(.timedOut), isSilence: true),
    Loss("the connection breaks", .failure(.broken("reset")), isSilence: true),
    Loss("500", .error("InternalException", 500)),
    Loss("502 of a front end", .status(502, "<html></html>")),
    Loss("503 without a body", .status(503, "")),
    Loss("500 with an empty object", .status(500, "{}")),
    Loss("504 with a message and no code", .status(504, #"{"message":"m"}"#)),
    Loss("424", .error("DependencyFailureException", 424)),
    Loss("a code nobody has seen", .error("SomethingNew", 400)),
    Loss("a redirect", .status(301, "")),
    Loss("200 with garbage", .status(200, "garbage")),
    Loss("200 with nothing", .status(200, "")),
    Loss("200 about another connection", .status(200, #"{"Connection":{"ConnectionId":"another-one"}}"#)),
  ]

  private func calls(
    _ rejects: [FakeTransport.Answer], lookUps: [FakeTransport.Answer] = [], maxAttempts: Int = 1
  ) -> Calls {
    var calls = Calls(FakeTransport(rejects, lookUps: lookUps))
    calls.maxAttempts = maxAttempts
    return calls
  }

  @Test("A look-up that shows REJECTING or REJECTED confirms it", arguments: losses)
  func confirmed(_ loss: Loss) async throws {
    for status in ["REJECTING", "REJECTED"] {
      let calls = calls([loss.answer], lookUps: [.found(status: status)])
      let report = try await calls.reject()
      #expect(report.rejectedConnection?.status == status)
      if case .confirmed = report.verdict {} else { Issue.record("\(report.verdict)") }
      #expect(report.ruling == .rejected)
      #expect(report.attempts.map(\.operation) == [.reject, .lookUp])
      #expect(report.answer.attempts == 1)
      #expect(calls.time.sleeps.isEmpty)
    }
  }

  @Test("A look-up that shows any other state, one of tomorrow's or none, proves nothing", arguments: losses)
  func otherStates(_ loss: Loss) async throws {
    for status in AWSCodes.connectionStatuses + ["HIBERNATING", "rejected", ""]
    where status != "REJECTING" && status != "REJECTED" {
      let report = try await calls([loss.answer], lookUps: [.found(status: status)]).reject()
      #expect(report.verdict == (loss.isSilence ? .timedOut : .notUnderstood))
      #expect(report.ruling == .unknown(loss.isSilence ? .upstreamTimeout : .upstreamError))
      #expect(report.connection?.status == status)
      #expect(report.problem?.connection == report.connection)
    }
    let bare = FakeTransport.Answer.status(200, #"{"Connections":[{"ConnectionId":"\#(Sample.connectionID)"}]}"#)
    let report = try await calls([loss.answer], lookUps: [bare]).reject()
    #expect(report.ruling == .unknown(loss.isSilence ? .upstreamTimeout : .upstreamError))
    #expect(report.connection?.status == nil)
  }

  @Test("A look-up that shows no connection, or another one, proves nothing", arguments: losses)
  func none(_ loss: Loss) async throws {
    for page in [
      #"{"Connections":[]}"#,
      #"{"Connections":[{"ConnectionId":"another-one","ConnectionStatus":{"StatusCode":"REJECTED"}}]}"#,
    ] {
      let calls = calls([loss.answer], lookUps: [.status(200, page)])
      let report = try await calls.reject()
      #expect(report.ruling == .unknown(loss.isSilence ? .upstreamTimeout : .upstreamError))
      #expect(report.connection == nil)
      // They lag, so it is asked for a while.
      #expect(calls.transport.lookUps.count == 4)
      #expect(calls.time.sleeps == [.milliseconds(200), .milliseconds(400), .milliseconds(800)])
      #expect(report.attempts.map(\.operation) == [.reject, .lookUp, .lookUp, .lookUp, .lookUp])
    }
  }

  @Test("A look-up that lags is asked again, and what it shows in the end counts")
  func lagging() async throws {
    let empty = FakeTransport.Answer.status(200, #"{"Connections":[]}"#)
    let calls = calls(
      [.failure(.timedOut)], lookUps: [empty, .found(status: "PENDING_ACCEPTANCE"), .found(status: "REJECTING")])
    let report = try await calls.reject()
    #expect(report.ruling == .rejected)
    #expect(report.rejectedConnection?.status == "REJECTING")
    #expect(report.attempts.count == 4)
  }

  /// Those that a moment doesn't mend: AWS doesn't permit it, has had enough, or doesn't understand it.
  static let hopelessLookUps: [FakeTransport.Answer] = [
    .error("AccessDeniedException", 403), .error("ThrottlingException", 400), .error("ExpiredTokenException", 403),
    .error("ResourceNotFoundException", 409), .error("ValidationException", 400),
  ]
  static let failedLookUps: [FakeTransport.Answer] = [
    .error("InternalException", 500), .error("SomethingNew", 400), .status(200, "garbage"), .status(200, "{}"),
    .status(502, "<html></html>"), .failure(.notSent("refused")), .failure(.unknownHost), .failure(.broken("reset")),
    .failure(.timedOut),
  ]

  @Test(
    "A look-up that fails settles nothing and hides nothing, and is made again where that may help", arguments: losses)
  func failedLookUp(_ loss: Loss) async throws {
    let alone = try await calls([loss.answer], lookUps: [.found(status: "ACTIVE")]).reject()
    for (failures, count) in [(Self.hopelessLookUps, 1), (Self.failedLookUps, 4)] {
      for failure in failures {
        let report = try await calls([loss.answer], lookUps: [failure]).reject()
        #expect(report.verdict == alone.verdict)
        #expect(report.ruling == alone.ruling)
        // What AWS said to the reject, not to the look-up.
        #expect(report.answer == alone.answer)
        #expect(report.cause == alone.cause)
        #expect(report.connection == nil)
        #expect(report.attempts.first == alone.attempts.first)
        #expect(report.attempts.dropFirst().map(\.operation) == [Attempt.Operation](repeating: .lookUp, count: count))
      }
    }
  }

  @Test("A look-up that works after one that failed confirms it")
  func mendedLookUp() async throws {
    for failure in Self.failedLookUps {
      let report = try await calls([.failure(.timedOut)], lookUps: [failure, .found(status: "REJECTED")]).reject()
      #expect(report.ruling == .rejected)
      #expect(report.attempts.count == 3)
    }
  }

  @Test("What an earlier look-up saw stays, if a later one fails")
  func failedLaterLookUp() async throws {
    let report = try await calls(
      [.failure(.timedOut)], lookUps: [.found(status: "PENDING_ACCEPTANCE"), .error("AccessDeniedException", 403)]
    ).reject()
    #expect(report.ruling == .unknown(.upstreamTimeout))
    #expect(report.connection?.status == "PENDING_ACCEPTANCE")
    #expect(report.attempts.count == 3)
  }

  @Test("Look-ups retry what may pass, and each of their attempts is counted")
  func retriedLookUps() async throws {
    let report = try await calls(
      [.status(500, "{}")], lookUps: [.error("ThrottlingException", 400), .found(status: "REJECTED")], maxAttempts: 2
    ).reject()
    #expect(report.ruling == .rejected)
    #expect(report.attempts.map(\.operation) == [.reject, .reject, .lookUp, .lookUp])
    #expect(report.answer.attempts == 2)
  }

  /// What a retry may get after the first attempt did the work: AWS complains of what that left.
  static let laterAnswers: [FakeTransport.Answer] = [
    .error("ResourceNotFoundException", 409), .error("DisabledOperationException", 409),
    .error("ConflictException", 409),
    .error("LimitExceededException", 409), .error("InvalidTypeException", 409), .error("ValidationException", 400),
    .error("ThrottlingException", 400), .error("AccessDeniedException", 403),
    .error("UnrecognizedClientException", 403),
    .failure(.notSent("refused")), .failure(.unknownHost),
  ]

  @Test("A later attempt's answer doesn't tell what became of the one before it", arguments: losses)
  func laterAnswer(_ loss: Loss) async throws {
    guard loss.isRetried else { return }
    for later in Self.laterAnswers {
      let report = try await calls([loss.answer, later], maxAttempts: 2).reject()
      #expect(report.ruling == .unknown(loss.isSilence ? .upstreamTimeout : .upstreamError))
      #expect(report.attempts.count { $0.operation == .reject } == 2)
      #expect(report.answer.attempts == 2)
      let seen = try await calls([loss.answer, later], lookUps: [.found(status: "REJECTED")], maxAttempts: 2).reject()
      #expect(seen.ruling == .rejected)
      let pending = try await calls([loss.answer, later], lookUps: [.found(status: "ACTIVE")], maxAttempts: 2).reject()
      #expect(pending.ruling == report.ruling)
      #expect(pending.connection?.status == "ACTIVE")
    }
  }

  @Test("A later 200 is AWS's word, and needs no look-up", arguments: losses)
  func laterSuccess(_ loss: Loss) async throws {
    guard loss.isRetried else { return }
    let calls = calls([loss.answer, .rejected], maxAttempts: 2)
    let report = try await calls.reject()
    if case .accepted = report.verdict {} else { Issue.record("\(report.verdict)") }
    #expect(report.ruling == .rejected)
    #expect(report.answer.attempts == 2)
    #expect(calls.transport.lookUps.isEmpty)
  }

  @Test("Refusals before a loss don't make it less of one; refusals alone need no look-up")
  func earlierRefusals() async throws {
    let throttled = FakeTransport.Answer.error("ThrottlingException", 400)
    let lost = try await calls([throttled, .failure(.timedOut)], maxAttempts: 2).reject()
    #expect(lost.ruling == .unknown(.upstreamTimeout))
    let refused = calls([throttled, .error("DisabledOperationException", 409)], maxAttempts: 2)
    #expect(try await refused.reject().ruling == .notRejected(.connectionNotRejectable))
    let unsent = calls([.failure(.notSent("refused")), .error("ResourceNotFoundException", 409)], maxAttempts: 2)
    #expect(try await unsent.reject().ruling == .notRejected(.connectionNotFound))
    #expect(refused.transport.lookUps.isEmpty && unsent.transport.lookUps.isEmpty)
  }

  @Test("After an answer, an attempt that was never sent doesn't take AWS's word back")
  func unsentAfterAnswer() async throws {
    for failure in [TransportFailure.notSent("refused"), .unknownHost] {
      let throttled = calls([.error("ThrottlingException", 400), .failure(failure)], maxAttempts: 2)
      let report = try await throttled.reject()
      #expect(report.ruling == .notRejected(.upstreamThrottled))
      #expect(report.answer.code == "ThrottlingException")
      #expect(report.answer.attempts == 2)
      #expect(report.attempts.map(\.ending) == [.answered, .notSent])
      let failed = try await calls([.error("InternalException", 500), .failure(failure)], maxAttempts: 2).reject()
      #expect(failed.ruling == .unknown(.upstreamError))
      #expect(failed.answer.code == "InternalException")
    }
  }

  @Test("What was provably never sent isn't looked up")
  func neverSent() async throws {
    for failure in [TransportFailure.notSent("refused"), .unknownHost] {
      let calls = calls([.failure(failure)], maxAttempts: 3)
      let report = try await calls.reject()
      #expect(report.verdict == .unreachable)
      #expect(report.ruling == .notSent(.upstreamUnreachable))
      #expect(calls.transport.lookUps.isEmpty)
      #expect(report.attempts.allSatisfy { $0.ending == .notSent })
    }
  }

  @Test("Every attempt stands in the report as it went")
  func attempts() async throws {
    let report = try await calls(
      [.failure(.broken("reset")), .error("InternalException", 500), .error("ResourceNotFoundException", 409)],
      lookUps: [.error("ThrottlingException", 400), .found(status: "REJECTING")], maxAttempts: 3
    ).reject()
    #expect(
      report.attempts == [
        Attempt(operation: .reject, ending: .noAnswer),
        Attempt(
          operation: .reject, ending: .answered, code: "InternalException", requestID: "r-1", httpStatus: 500),
        Attempt(
          operation: .reject, ending: .answered, code: "ResourceNotFoundException", requestID: "r-1", httpStatus: 409),
        Attempt(
          operation: .lookUp, ending: .answered, code: "ThrottlingException", requestID: "r-1", httpStatus: 400),
        Attempt(operation: .lookUp, ending: .answered, requestID: "r-1", httpStatus: 200),
      ])
    #expect(report.answer.code == "ResourceNotFoundException")
    #expect(report.answer.attempts == 3)
  }

  @Test("A look-up that stalls ends with the deadline, for which time is kept back", arguments: [1, 15, 60])
  func stallingLookUp(seconds: Int) throws {
    let loop = VirtualLoop()
    let asked = Recorder<(String, Duration)>()
    let transport = VirtualTransport(loop) { request in
      asked.append((request.method, loop.passed))
      return .stalled
    }
    let report = try RejectingCall(transport, loop).run(timeout: .seconds(seconds))
    #expect(report.ruling == .unknown(.upstreamTimeout))
    #expect(report.attempts.map(\.ending) == [.noAnswer, .noAnswer])
    #expect(loop.passed == .seconds(seconds))
    #expect(asked.all.map(\.0) == ["PUT", "POST"])
    // A fifth, three seconds at the most.
    let reserve = min(Duration.seconds(seconds) / 5, .seconds(3))
    #expect(asked.all.last?.1 == .seconds(seconds) - reserve)
  }
}

extension AmbiguousRejectTests.Loss {
  /// Whether there is a second attempt after it.
  var isRetried: Bool {
    switch answer {
    case .success(let response): AWSCodes.transientStatuses.contains(response.status)
    case .failure(let failure): failure != .timedOut
    }
  }
}
