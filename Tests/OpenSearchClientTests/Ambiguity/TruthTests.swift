import Clocks
import GatewayCore
import Synchronization
import TestSupport
import Testing

@testable import OpenSearchClient

/// What the caller is told, against what AWS did, over thousands of bad days.
@Suite("The truth of outcomes")
struct TruthTests {
  static let batches: [Range<UInt64>] = (0..<3).map { ($0 * 500)..<($0 * 500 + 500) }

  private struct Day {
    let aws: FakeControlPlane
    let report: RejectionReport
    let took: Duration
    let timeout: Duration

    init(seed: UInt64) throws {
      var random = SplitMix64(seed: seed ^ 0xDA7)
      timeout = random.milliseconds(200...20_000)
      let loop = VirtualLoop()
      let aws = FakeControlPlane(loop, seed: seed)
      self.aws = aws
      let transport = VirtualTransport(loop) { aws.reply(to: $0) }
      let draws = Mutex(random)
      report = try RejectingCall(
        transport, loop, maxAttempts: random.pick([(1, 1), (3, 3), (1, 6)]),
        random: { draws.withLock { Double.random(in: 0...1, using: &$0) } }
      ).run(timeout: timeout)
      took = loop.passed
    }
  }

  @Test("No outcome is ever wrong, every request is counted, and the deadline holds", arguments: batches)
  func truth(_ seeds: Range<UInt64>) async throws {
    for seed in seeds {
      // These are long and never wait: others' turn.
      await Task.yield()
      let day = try Day(seed: seed)
      switch day.report.ruling {
      case .rejected: #expect(day.aws.isRejected, "seed \(seed)")
      case .notRejected, .notSent: #expect(!day.aws.tookReject, "seed \(seed): \(day.report)")
      case .unknown(let code):
        #expect(code == .upstreamTimeout || code == .upstreamError, "seed \(seed)")
        // A look-up that had shown it would have been believed.
        #expect(day.report.connection?.isRejected != true, "seed \(seed)")
      }
      #expect(day.report.attempts.map(\.operation) == day.aws.requests, "seed \(seed)")
      #expect(day.report.answer.attempts == day.aws.requests.count { $0 == .reject }, "seed \(seed)")
      #expect(day.took <= day.timeout, "seed \(seed)")
    }
  }

  @Test("The days have every outcome in them, and AWS did and didn't what isn't known")
  func coverage() async throws {
    var counts: [String: Int] = [:]
    for seed in 0..<500 as Range<UInt64> {
      await Task.yield()
      let day = try Day(seed: seed)
      let name =
        switch day.report.verdict {
        case .accepted: "accepted"
        case .confirmed: "confirmed"
        case .refused: "refused"
        case .settled: "settled"
        case .unreachable: "unreachable"
        case .notUnderstood, .timedOut: day.aws.tookReject ? "unknown, and done" : "unknown, and not done"
        case .noCredentials, .tooLate: "none"
        }
      counts[name, default: 0] += 1
    }
    for name in [
      "accepted", "confirmed", "refused", "settled", "unreachable", "unknown, and done", "unknown, and not done",
    ] {
      #expect(counts[name, default: 0] >= 3, "\(name)")
    }
    #expect(counts["none"] == nil)
  }
}
