import GatewayCore
import HTTPTypes
import TestSupport
import Testing

/// Everything at once: calls of all kinds, for few connections, with few places, an AWS and an audit that are slow and
/// fail, callers that give up.
@Suite("Concurrency")
struct ConcurrencyTests {
  private static let ids = (0..<3).map { "c-connection-\($0)" }

  private struct Call {
    let id: String
    let target: String
    let pending: Pending<Response>
  }

  private static func report(_ id: ConnectionID, _ random: inout SplitMix64) -> RejectionReport {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: .refused("DisabledOperationException", 409)
    case 1: .refused("ThrottlingException")
    case 2: .with(.timedOut, AWSAnswer(attempts: 1))
    case 3: .with(.unreachable, AWSAnswer(attempts: 1))
    case 4: .accepted(id, "REJECTED")
    default: .accepted(id)
    }
  }

  private static func target(_ random: inout SplitMix64) -> String {
    let id = ids.randomElement(using: &random) ?? ids[0]
    return switch Int.random(in: 0..<8, using: &random) {
    case 0: "/connections"
    case 1: "/connections/\(id)"
    case 2: "/connections/\(id)/reject?dryRun=true"
    case 3, 4: "/connections/\(id)/reject?wait=\(Int.random(in: 0...9000, using: &random))ms"
    default: "/connections/\(id)/reject"
    }
  }

  private static func gateway(_ seed: UInt64, limit: Int, failures: Bool) -> SimulatedGateway {
    SimulatedGateway {
      $0.seed = seed
      $0.limit = limit
      $0.auditPause = { simulation, _ in
        simulation.random { .milliseconds(Int.random(in: 0...700, using: &$0)) }
      }
      $0.isFailing = { record in
        let name = record.requestID?.description ?? ""
        return failures
          && (record.stage == .intent && name.hasSuffix("7") || record.stage == .outcome && name.hasSuffix("3"))
      }
      $0.rejecting = { simulation, id, deadline in
        await simulation.sleep(simulation.random { .milliseconds(Int.random(in: 0...3000, using: &$0)) })
        return simulation.random { report(id, &$0) }
      }
      $0.lookingUp = { simulation, query, deadline in
        let pause = simulation.random { Duration.milliseconds(Int.random(in: 0...2000, using: &$0)) }
        await simulation.sleep(min(pause, simulation.left(until: deadline)))
        return simulation.random { Int.random(in: 0..<4, using: &$0) } == 0
          ? .refused("ThrottlingException")
          : .page([Sample.connection(query.id, status: "REJECTING")])
      }
    }
  }

  private static func begin(_ fixture: SimulatedGateway, _ random: inout SplitMix64) throws -> [Call] {
    var calls: [Call] = []
    for number in 0..<40 {
      let target = target(&random)
      let delay = Duration.milliseconds(Int.random(in: 0...12_000, using: &random))
      let pending = try fixture.begin(target, id: "request-\(number)", after: delay)
      if Int.random(in: 0..<8, using: &random) == 0 { pending.cancel() }
      calls.append(Call(id: "request-\(number)", target: target, pending: pending))
    }
    return calls
  }

  @Test(
    "Every call is answered and audited, the bound holds, and all places are given back",
    arguments: 0..<60 as Range<UInt64>)
  func everything(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let limit = Int.random(in: 1...5, using: &random)
    let fixture = Self.gateway(seed, limit: limit, failures: seed % 2 == 1)
    let calls = try Self.begin(fixture, &random)
    fixture.simulation.run()
    #expect(fixture.inFlight.count == 0)
    #expect(fixture.aws.mostUnderWay <= limit)
    #expect(fixture.aws.mostForOne <= 1)
    #expect(fixture.aws.calls.allSatisfy { $0.hadIntent })
    for call in calls { try check(call, fixture) }
    // All is given back: as many calls as there are places go on at once.
    let later = try (0..<limit).map { try fixture.begin("/connections/c-later-one-\($0)", id: "later-\($0)") }
    fixture.simulation.run()
    #expect(later.allSatisfy { $0.value?.code != .overloaded })
  }

  private func check(_ call: Call, _ fixture: SimulatedGateway) throws {
    let response = try #require(call.pending.value, "\(call.id) was never answered")
    let records = fixture.journal.records(of: call.id)
    let outcome = records.first { $0.stage == .outcome }?.result
    switch response.code {
    case .overloaded: #expect(records.map(\.stage) == [.denied])
    case .auditUnavailable:
      // Where the intent can't be written, that it is refused for it can.
      #expect(records.map(\.stage) == (call.id.hasSuffix("7") ? [.denied] : [.intent]))
    default:
      #expect(records.map(\.stage) == [.intent, .outcome])
      #expect(outcome?.httpStatus == response.status.code)
      #expect(outcome?.code == response.code)
    }
    if let leader = outcome?.sharedWith { try checkShared(outcome, with: leader, fixture) }
  }

  /// The one whose call it was made it for the same connection, and it came to the same for both.
  private func checkShared(_ outcome: AuditResult?, with leader: RequestID, _ fixture: SimulatedGateway) throws {
    let records = fixture.journal.records(of: leader.description)
    #expect(records.first?.stage == .intent)
    // Its outcome may be the one that couldn't be written.
    guard records.count > 1, let led = records.last?.result else { return }
    #expect(led.sharedWith == nil)
    #expect(led.aws == outcome?.aws)
    #expect(led.outcome == outcome?.outcome)
    #expect(led.attempts == outcome?.attempts)
  }
}
