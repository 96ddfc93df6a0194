import Clocks
import GatewayCore
import Testing

@testable import OpenSearchClient

/// Thousands of random schedules, some calls each at the same time, all in a time of their own.
@Suite("Retries, any schedule")
struct RetryPropertyTests {
  static let batches: [Range<UInt64>] = (0..<5).map { ($0 * 500)..<($0 * 500 + 500) }

  @Test("Every step is the one that the rules name, nothing leaves its bounds, the deadline holds", arguments: batches)
  func rules(_ seeds: Range<UInt64>) async throws {
    for seed in seeds {
      // These are long and never wait: others' turn.
      await Task.yield()
      let run = try RetryRun(RetrySchedule(seed: seed))
      #expect(RetryComparison(run).firstDifference == nil, "seed \(seed)")
      #expect(Self.excesses(of: run) == [], "seed \(seed)")
    }
  }

  /// What leaves its bounds, without any model.
  private static func excesses(of run: RetryRun) -> [String] {
    var excesses: [String] = []
    func check(_ isFine: Bool, _ what: String) {
      if !isFine { excesses.append(what) }
    }
    var attempts = [Int](repeating: 0, count: run.schedule.calls.count)
    for entry in run.entries {
      let deadline = run.deadline(entry.call)
      check((0...500).contains(entry.quota), "the quota is \(entry.quota)")
      switch entry.event {
      case .sent:
        attempts[entry.call] += 1
        check(entry.at < deadline, "an attempt begins at \(entry.at)")
      case .ended: check(entry.at <= deadline, "an attempt ends at \(entry.at)")
      case .slept(let duration, _):
        check(duration > .zero && duration <= .seconds(25), "a delay is \(duration)")
        check(entry.at + duration < deadline, "a delay ends at \(entry.at + duration)")
      case .finished(let sent, _):
        check(entry.at <= deadline, "a call ends at \(entry.at)")
        check(
          sent.attempts.count == attempts[entry.call], "\(attempts[entry.call]) attempts, \(sent.attempts) recorded")
        check(sent.attempts.count <= run.schedule.calls[entry.call].maxAttempts, "\(sent.attempts.count) attempts")
      }
    }
    return excesses
  }

  @Test("The schedules have everything in them that the rules are about")
  func coverage() async throws {
    var steps: [String: Int] = [:]
    for seed in 0..<300 as Range<UInt64> {
      await Task.yield()
      let comparison = RetryComparison(try RetryRun(RetrySchedule(seed: seed)))
      steps.merge(comparison.steps) { $0 + $1 }
    }
    for step in [
      "waited", "waited for AWS", "tried again at once", "no attempt left", "no token left", "no time left",
      "success", "late success", "nothing sent", "key gone",
    ] {
      #expect(steps[step, default: 0] >= 3, "\(step)")
    }
  }
}
