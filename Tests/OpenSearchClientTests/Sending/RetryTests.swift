import AWSCredentials
import Clocks
import GatewayCore
import HTTPTypes
import SigV4
import Testing

@testable import OpenSearchClient

/// The standard retry mode, call by call; `random` is 1, so that each delay is the longest one.
@Suite("Retries")
struct RetryTests {
  private static let failure = FakeTransport.Answer.error("InternalException", 500)
  private static let throttled = FakeTransport.Answer.error("Throttling", 400)
  private static let missing = FakeTransport.Answer.error("ResourceNotFoundException", 409)

  /// A call, and what is left of the quota at each of its attempts.
  private func calls(
    _ answers: [FakeTransport.Answer], quota left: Int = 500, maxAttempts: Int = 3
  ) -> (calls: Calls, quotas: Recorder<Int>) {
    let quota = RetryQuota()
    _ = quota.take(RetryQuota.capacity - left)
    let quotas = Recorder<Int>()
    var calls = Calls(FakeTransport(answers) { quotas.append(quota.remaining) })
    calls.quota = quota
    calls.maxAttempts = maxAttempts
    return (calls, quotas)
  }

  @Test("500, 500, 200: the quota is 486, 472, then 486 again; the delays are 50 and 100 ms")
  func vector() async throws {
    let (calls, quotas) = calls([Self.failure, Self.failure, .rejected])
    let sent = try await calls.send()
    #expect(sent.response != nil)
    #expect(sent.attempts.map(\.httpStatus) == [500, 500, 200])
    #expect(quotas.all == [500, 486, 472])
    #expect(calls.quota.remaining == 486)
    #expect(calls.time.sleeps == [.milliseconds(50), .milliseconds(100)])
  }

  @Test("Throttling with a 400: the quota is 495, the delay a second, and the success gives all back")
  func throttledVector() async throws {
    let (calls, quotas) = calls([Self.throttled, .rejected])
    let sent = try await calls.send()
    #expect(sent.response != nil)
    #expect(quotas.all == [500, 495])
    #expect(calls.quota.remaining == 500)
    #expect(calls.time.sleeps == [.seconds(1)])
  }

  @Test("x-amz-retry-after 10000: the delay is 5050 ms; none that isn't a number changes it")
  func retryAfterVector() async throws {
    for (text, milliseconds) in [("10000", 5050), ("", 50), ("-1", 50), ("1e3", 50), ("soon", 50)] {
      let (calls, _) = calls([.retryAfter(text), .rejected])
      #expect(try await calls.send().response != nil)
      #expect(calls.time.sleeps == [.milliseconds(milliseconds)])
    }
  }

  @Test("x-amz-retry-after makes no retry of an answer that gets none")
  func retryAfterOnFinal() async throws {
    let answer = FakeTransport.Answer.error("ConflictException", 409, fields: [.amzRetryAfter: "10"])
    let (calls, _) = calls([answer, .rejected])
    #expect(try await calls.send().attempts.count == 1)
  }

  @Test("A first try that succeeds gives 1 back, and never more than there is room for")
  func firstTrySuccess() async throws {
    for (before, after) in [(500, 500), (499, 500), (486, 487), (0, 1)] {
      let (calls, _) = calls([.rejected], quota: before)
      _ = try await calls.send()
      #expect(calls.quota.remaining == after)
    }
  }

  @Test("A success after retries gives back what the last one cost, and not what those before did")
  func lastCost() async throws {
    let (calls, quotas) = calls([Self.failure, Self.throttled, .rejected])
    _ = try await calls.send()
    #expect(quotas.all == [500, 486, 481])
    #expect(calls.quota.remaining == 486)
    // The second retry's longest delay, for what it was about.
    #expect(calls.time.sleeps == [.milliseconds(50), .seconds(2)])
  }

  @Test("A call that fails in the end gives nothing back")
  func failed() async throws {
    let (calls, _) = calls([Self.failure])
    let sent = try await calls.send()
    #expect(sent.error?.attempts == 3)
    #expect(calls.quota.remaining == 472)
    let (others, _) = self.calls([Self.failure, Self.missing])
    #expect(try await others.send().error?.code == "ResourceNotFoundException")
    #expect(others.quota.remaining == 486)
  }

  @Test("Without the tokens for it, there is no retry, and those that are left stay")
  func emptyQuota() async throws {
    for (left, answer, attempts) in [
      (0, Self.failure, 1), (13, Self.failure, 1), (14, Self.failure, 2), (4, Self.throttled, 1),
      (5, Self.throttled, 2), (13, Self.throttled, 3),
    ] {
      let (calls, _) = calls([answer], quota: left)
      #expect(try await calls.send().attempts.count == attempts)
      let cost = answer == Self.throttled ? 5 : 14
      #expect(calls.quota.remaining == left - (attempts - 1) * cost)
      #expect(calls.time.sleeps.count == attempts - 1)
    }
  }

  @Test("AWS_MAX_ATTEMPTS counts the first attempt", arguments: [1, 2, 3, 10])
  func maxAttempts(_ count: Int) async throws {
    var (calls, _) = calls([Self.failure], maxAttempts: count)
    calls.deadline = Sample.start + .seconds(60)
    let sent = try await calls.send()
    #expect(sent.attempts.count == count)
    #expect(sent.error?.code == "InternalException")
    let delays = [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800]
    #expect(calls.time.sleeps == delays.prefix(count - 1).map { .milliseconds($0) })
    #expect(calls.quota.remaining == 500 - 14 * (count - 1))
  }

  @Test(
    "With one attempt nothing is tried again, clock and credentials neither",
    arguments: AWSCodes.skew + AWSCodes.expired)
  func oneAttempt(_ code: String) async throws {
    let answer = FakeTransport.Answer.error(code, 403, fields: [.date: "Thu, 01 Jan 1970 01:00:00 GMT"])
    var (calls, _) = calls([answer], maxAttempts: 1)
    calls.credentials = FakeCredentials(
      .success(Sample.credentials),
      .success(SigningCredentials(accessKeyID: "NEXT", secretAccessKey: Secret("next"))))
    #expect(try await calls.send().attempts.count == 1)
    #expect(calls.time.sleeps.isEmpty)
    #expect(calls.quota.remaining == 500)
  }

  @Test("What won't change is not tried again", arguments: AWSCodes.final)
  func final(code: String, status: Int) async throws {
    let (calls, _) = calls([.error(code, status), .rejected])
    let sent = try await calls.send()
    #expect(sent.attempts.count == 1)
    #expect(sent.error?.code == code)
    #expect(calls.time.sleeps.isEmpty)
    #expect(calls.quota.remaining == 500)
  }

  @Test("AccessDeniedException on time is not tried again", arguments: [nil, "Thu, 01 Jan 1970 00:00:00 GMT"])
  func accessDenied(_ date: String?) async throws {
    var fields: HTTPFields = [:]
    fields[.date] = date
    let (calls, _) = calls([.error("AccessDeniedException", 403, fields: fields), .rejected])
    #expect(try await calls.send().attempts.count == 1)
    #expect(calls.credentials.refused.isEmpty)
  }

  @Test("A connection that isn't made or breaks is tried again, at a retry's full cost")
  func connectionFailures() async throws {
    for failure in [TransportFailure.notSent("refused"), .broken("reset")] {
      let (calls, quotas) = calls([.failure(failure), .failure(failure), .rejected])
      let sent = try await calls.send()
      #expect(sent.response != nil)
      #expect(sent.attempts.count == 3)
      #expect(quotas.all == [500, 486, 472])
      #expect(calls.time.sleeps == [.milliseconds(50), .milliseconds(100)])
    }
  }

  @Test("An unknown host, and an attempt that ran into the deadline, are not tried again")
  func finalConnectionFailures() async throws {
    for failure in [TransportFailure.unknownHost, .timedOut] {
      let (calls, _) = calls([.failure(failure), .rejected])
      #expect(try await calls.send().attempts.count == 1)
      #expect(calls.quota.remaining == 500)
    }
  }

  @Test("A retry whose delay doesn't end before the deadline is neither made nor waited nor paid for")
  func deadline() async throws {
    for (milliseconds, attempts) in [(999, 1), (1000, 1), (1001, 2)] {
      var (calls, _) = calls([Self.throttled, .rejected])
      calls.deadline = Sample.start + .milliseconds(milliseconds)
      #expect(try await calls.send().attempts.count == attempts)
      #expect(calls.time.sleeps.count == attempts - 1)
      // One that is made succeeds, and gives back what it cost.
      #expect(calls.quota.remaining == 500)
    }
  }

  @Test("What AWS took for its answers counts against the deadline")
  func latency() async throws {
    let time = TestClock()
    let transport = FakeTransport([Self.failure]) { time.advance(.seconds(4)) }
    var calls = Calls(transport)
    calls.time = time
    calls.maxAttempts = 10
    calls.deadline = Sample.start + .seconds(10)
    #expect(try await calls.send().attempts.count == 3)
    #expect(transport.sent.allSatisfy { $0.deadline == calls.deadline })
    #expect(time.sleeps == [.milliseconds(50), .milliseconds(100)])
  }

  @Test("After a sleep that lasted too long, nothing is sent any more")
  func overslept() async throws {
    let (calls, _) = calls([Self.failure, .rejected])
    let sender = try calls.sender { _ in calls.time.advance(.seconds(60)) }
    let id = try #require(ConnectionID(Sample.connectionID))
    let sent = await sender.send(.reject(id), deadline: calls.deadline)
    #expect(sent.attempts.count == 1)
    #expect(sent.error?.code == "InternalException")
  }

  @Test("Each attempt is signed anew, at its own time")
  func signedAnew() async throws {
    var (calls, _) = calls([Self.throttled, .rejected])
    let time = calls.time
    calls.wallClock = WallClock { Timestamp(seconds: 0).advanced(by: time.clock.now() - Sample.start) }
    _ = try await calls.send()
    #expect(calls.transport.sent.map { $0.field("x-amz-date") } == ["19700101T000000Z", "19700101T000001Z"])
    #expect(Set(calls.transport.sent.map { $0.field("authorization") }).count == 2)
  }

  @Test("A look-up is retried like a reject")
  func lookUp() async throws {
    var calls = Calls(FakeTransport([.rejected], lookUps: [Self.failure, Self.throttled, .found(status: "ACTIVE")]))
    calls.maxAttempts = 3
    let id = try #require(ConnectionID(Sample.connectionID))
    let report = try await calls.lookUp(ConnectionQuery(id))
    #expect(report.answer.attempts == 3)
    #expect(report.attempts.map(\.operation) == [.lookUp, .lookUp, .lookUp])
    #expect(report.attempts.map(\.code) == ["InternalException", "Throttling", nil])
    #expect(calls.time.sleeps == [.milliseconds(50), .seconds(2)])
    #expect(calls.quota.remaining == 486)
  }
}
