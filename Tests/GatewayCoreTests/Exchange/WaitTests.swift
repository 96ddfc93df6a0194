import GatewayCore
import HTTPTypes
import Synchronization
import TestSupport
import Testing

@Suite("Wait")
struct WaitTests {
  private static let target = Sample.rejectTarget + "?wait=30s"

  /// A gateway whose AWS says REJECTING to a reject, and to look-ups what `status` says of the time that has passed.
  private static func fixture(
    limit: Int = 256, _ status: @escaping @Sendable (Duration) -> String?
  ) -> SimulatedGateway {
    SimulatedGateway {
      $0.limit = limit
      $0.lookingUp = { simulation, query, _ in
        .page(status(simulation.passed).map { [Sample.connection(query.id, status: $0)] } ?? [])
      }
    }
  }

  private func status(_ response: Response) throws -> StrictValue? {
    #expect(response.status == .ok)
    return try response.members()["connection"]?["status"]
  }

  @Test("It goes on looking until the connection is REJECTED, and then answers at once")
  func untilRejected() throws {
    let fixture = Self.fixture { $0 < .seconds(10) ? "REJECTING" : "REJECTED" }
    #expect(try status(fixture.respond(Self.target)) == .string("REJECTED"))
    #expect(fixture.aws.lookUps.last?.asked == fixture.simulation.passed)
    #expect(fixture.simulation.passed < .seconds(16))
    #expect(fixture.aws.rejects.count == 1)
  }

  @Test("When the time is over, the answer is a 200 too, and its status tells")
  func timeOver() throws {
    let fixture = Self.fixture { _ in "REJECTING" }
    #expect(try status(fixture.respond(Self.target)) == .string("REJECTING"))
    #expect(fixture.simulation.passed == .seconds(30))
  }

  @Test("The time counts from when the call came in, what the reject took included")
  func countsFromStart() throws {
    let fixture = SimulatedGateway {
      $0.rejecting = { simulation, id, _ in
        await simulation.sleep(.seconds(12))
        return .accepted(id)
      }
    }
    #expect(try status(fixture.respond(Self.target)) == .string("REJECTING"))
    #expect(fixture.simulation.passed == .seconds(30))
  }

  @Test("A connection that is REJECTED already isn't looked up", arguments: ["30s", "60s", "1ms"])
  func rejectedAtOnce(_ wait: String) throws {
    let fixture = SimulatedGateway { $0.rejecting = { _, id, _ in .accepted(id, "REJECTED") } }
    #expect(try status(fixture.respond("\(Sample.rejectTarget)?wait=\(wait)")) == .string("REJECTED"))
    #expect(fixture.aws.lookUps.isEmpty)
    #expect(fixture.simulation.passed == .zero)
  }

  @Test("Without a time to wait, nothing is looked up", arguments: ["", "?wait=0s", "?wait=0ms"])
  func noWait(_ query: String) throws {
    let fixture = SimulatedGateway()
    #expect(try status(fixture.respond(Sample.rejectTarget + query)) == .string("REJECTING"))
    #expect(fixture.aws.lookUps.isEmpty)
  }

  @Test(
    "A look-up that lags behind the reject's own answer doesn't take it back, nor end the wait",
    arguments: ["PENDING_ACCEPTANCE", "ACTIVE", nil])
  func lag(_ stale: String?) throws {
    let fixture = Self.fixture { $0 < .seconds(20) ? stale : "REJECTED" }
    #expect(try status(fixture.respond(Self.target)) == .string("REJECTED"))
    let never = Self.fixture { _ in stale }
    #expect(try status(never.respond(Self.target)) == .string("REJECTING"))
  }

  @Test("A look-up that fails neither ends the wait nor shows in the answer", arguments: LookUpEnding.problems)
  func failingLookUp(_ ending: LookUpEnding) throws {
    let count = Mutex(0)
    let fixture = SimulatedGateway {
      $0.lookingUp = { _, query, _ in
        let number = count.withLock { count in
          count += 1
          return count
        }
        return number < 3 ? ending.report : .page([Sample.connection(query.id, status: "REJECTED")])
      }
    }
    #expect(try status(fixture.respond(Self.target)) == .string("REJECTED"))
    #expect(fixture.aws.lookUps.count == 3)
  }

  @Test("Where AWS refused the reject, or it isn't known, there is nothing to wait for")
  func refused() throws {
    let reports: [RejectionReport] = [
      .refused("DisabledOperationException", 409), .with(.timedOut, AWSAnswer(attempts: 1)), .with(.settled(.notFound)),
    ]
    for report in reports {
      let fixture = SimulatedGateway { $0.rejecting = { _, _, _ in report } }
      let response = try fixture.respond(Self.target)
      #expect(response.status.code >= 400)
      #expect(fixture.aws.lookUps.isEmpty)
      #expect(fixture.simulation.passed == .zero)
    }
  }

  @Test("A reject that only a look-up confirmed is waited for like any other")
  func confirmed() throws {
    let fixture = SimulatedGateway {
      $0.rejecting = { _, id, _ in .with(.confirmed(Sample.connection(id.description, status: "REJECTING"))) }
      $0.lookingUp = { _, query, _ in .page([Sample.connection(query.id, status: "REJECTED")]) }
    }
    #expect(try status(fixture.respond(Self.target)) == .string("REJECTED"))
  }

  @Test("The reject's outcome is on disk before the wait begins, once")
  func auditedFirst() throws {
    let fixture = Self.fixture { $0 < .seconds(5) ? "REJECTING" : "REJECTED" }
    try fixture.begin(Self.target)
    fixture.simulation.run(until: .milliseconds(1))
    #expect(fixture.journal.records.map(\.stage) == [.intent, .outcome])
    #expect(fixture.aws.lookUps.isEmpty)
    fixture.simulation.run()
    #expect(fixture.journal.records.count == 2)
    #expect(fixture.aws.calls.count > 1)
  }

  @Test("Where the outcome can't be written, the caller is told so without a wait")
  func outcomeFails() throws {
    let fixture = SimulatedGateway { $0.isFailing = { $0.stage == .outcome } }
    let response = try fixture.respond(Self.target)
    #expect(response.code == .auditUnavailable)
    #expect(try response.members()["outcome"] == .string("rejected"))
    #expect(fixture.aws.lookUps.isEmpty)
    #expect(fixture.simulation.passed == .zero)
  }

  @Test("A gateway that stops answers whoever waits with what there is")
  func stopping() throws {
    let fixture = Self.fixture { _ in "REJECTING" }
    let pending = try fixture.begin(Self.target)
    fixture.simulation.run(until: .seconds(10))
    #expect(pending.value == nil)
    fixture.stopping.set()
    fixture.simulation.run(until: .seconds(16))
    #expect(try status(#require(pending.value)) == .string("REJECTING"))
  }

  @Test("Whoever waits takes no place of those who call AWS: with one place, others go on, and so do his own look-ups")
  func takesNoPlace() throws {
    let fixture = Self.fixture(limit: 1) { $0 < .seconds(20) ? "REJECTING" : "REJECTED" }
    let waiting = try fixture.begin(Self.target, id: "waiting")
    let other = try fixture.begin("/connections/c-other-one/reject", id: "other", after: .seconds(3))
    let reading = try fixture.begin("/connections/c-other-one", id: "reading", after: .seconds(4))
    fixture.simulation.run(until: .seconds(3))
    #expect(waiting.value == nil)
    #expect(fixture.inFlight.count == 0)
    fixture.simulation.run()
    #expect(other.value?.status == .ok)
    #expect(reading.value?.status == .ok)
    #expect(try status(#require(waiting.value)) == .string("REJECTED"))
  }

  @Test("Whoever sees what goes to AWS is told of the look-ups, too")
  func observed() throws {
    let fixture = Self.fixture { $0 < .seconds(10) ? "REJECTING" : "REJECTED" }
    _ = try fixture.respond(Self.target)
    #expect(!fixture.aws.lookUps.isEmpty)
    #expect(fixture.observer.lookUps.count == fixture.aws.lookUps.count)
  }

  @Test(
    "However slow and unsure look-ups are, the answer comes in time and says what was last seen",
    arguments: 0..<150 as Range<UInt64>)
  func schedules(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let wait = Duration.milliseconds(Int.random(in: 1...60_000, using: &random))
    let rejectedFrom = Duration.milliseconds(Int.random(in: 0...70_000, using: &random))
    let isSlow = Bool.random(using: &random)
    let shown = Mutex<Duration?>(nil)
    let fixture = SimulatedGateway {
      $0.seed = seed
      $0.lookingUp = { simulation, query, deadline in
        let pause = simulation.random { isSlow ? Duration.milliseconds(Int.random(in: 0...9000, using: &$0)) : .zero }
        let left = simulation.left(until: deadline)
        await simulation.sleep(min(pause, left))
        if pause >= left { return .with(.timedOut, AWSAnswer(attempts: 1)) }
        if simulation.random({ isSlow && Int.random(in: 0..<4, using: &$0) == 0 }) {
          return .refused("ThrottlingException")
        }
        let isRejected = simulation.passed >= rejectedFrom
        if isRejected { shown.withLock { $0 = $0 ?? simulation.passed } }
        return .page([Sample.connection(query.id, status: isRejected ? "REJECTED" : "REJECTING")])
      }
    }
    let text = "\(wait.wholeMilliseconds)ms"
    let last = try status(fixture.respond("\(Sample.rejectTarget)?wait=\(text)"))
    let shownAt = shown.withLock { $0 }
    #expect(fixture.simulation.passed == shownAt ?? wait)
    #expect(last == .string(shownAt == nil ? "REJECTING" : "REJECTED"))
    #expect(fixture.aws.lookUps.allSatisfy { $0.deadline <= wait && $0.asked < wait && $0.hadIntent })
    if !isSlow && rejectedFrom + .seconds(5) < wait { #expect(shownAt != nil) }
    #expect(fixture.inFlight.count == 0)
  }
}
