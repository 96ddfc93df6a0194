import Clocks
import GatewayCore
import HTTPTypes

@testable import OpenSearchClient

/// A run held against the model, event by event.
struct RetryComparison {
  /// Where the two part; `nil` if they don't.
  private(set) var firstDifference: String?
  /// How often which rule came to bear.
  private(set) var steps: [String: Int] = [:]

  private var model: RetryModel
  /// What each call has to do next, and when; `nil` before its first attempt.
  private var next: [(step: RetryModel.Step, at: Duration)?]
  /// What its last attempt got, until it is known what was drawn for the delay.
  private var pending: [RetryRun.Entry?]

  init(_ run: RetryRun) {
    model = RetryModel(
      quota: run.schedule.quota, behaviour: run.schedule.behaviour,
      calls: run.schedule.calls.indices.map {
        RetryModel.Call(maxAttempts: run.schedule.calls[$0].maxAttempts, deadline: run.deadline($0).inSeconds)
      })
    next = run.schedule.calls.map { _ in nil }
    pending = run.schedule.calls.map { _ in nil }
    for (index, entry) in run.entries.enumerated() where firstDifference == nil {
      if let difference = difference(at: entry) {
        firstDifference = "event \(index) of call \(entry.call) at \(entry.at): \(difference)"
      }
    }
  }

  private mutating func difference(at entry: RetryRun.Entry) -> String? {
    switch entry.event {
    case .ended: break
    case .sent: decide(entry, draw: nil)
    case .slept(_, let draw), .finished(_, let draw): decide(entry, draw: draw)
    }
    guard entry.quota == model.quota else { return "the quota is \(entry.quota), and \(model.quota) by the rules" }
    return switch entry.event {
    case .sent(let date, let key): sent(entry, date, key)
    case .ended: ended(entry)
    case .slept(let duration, _): slept(entry, duration)
    case .finished(let call, _): finished(entry, call)
    }
  }

  /// What has to follow the last attempt's end.
  private mutating func decide(_ entry: RetryRun.Entry, draw: Double?) {
    guard let last = pending[entry.call], case .ended(let answer) = last.event else { return }
    pending[entry.call] = nil
    let quota = model.quota
    let step = model.ended(entry.call, answer, at: last.wall, last.at.inSeconds, draw: draw)
    next[entry.call] = (step, last.at)
    count(step, answer, entry.call, quota: quota)
  }

  private mutating func sent(_ entry: RetryRun.Entry, _ date: String?, _ key: String?) -> String? {
    if let (step, at) = next[entry.call] {
      switch step {
      case .again where entry.at == at: break
      case .wait(let seconds) where abs(entry.at.inSeconds - at.inSeconds - seconds) < 0.000_01: break
      default: return "sent, and not \(step) since \(at)"
      }
    }
    model.sends(entry.call, at: entry.wall)
    let time = entry.wall.advanced(by: .microseconds(Int64((model.offset * 1_000_000).rounded()))).iso8601Basic
    guard date == time else { return "signed at \(date ?? "no time"), and not \(time)" }
    let expected = model.key.map(RotatingCredentials.name)
    return key == expected ? nil : "signed with \(key ?? "no key"), and not \(expected ?? "none")"
  }

  private mutating func ended(_ entry: RetryRun.Entry) -> String? {
    pending[entry.call] = entry
    return nil
  }

  private func slept(_ entry: RetryRun.Entry, _ duration: Duration) -> String? {
    guard let (step, at) = next[entry.call], case .wait(let seconds) = step, entry.at == at,
      abs(duration.inSeconds - seconds) < 0.000_01
    else { return "slept \(duration), and not \(String(describing: next[entry.call]))" }
    return nil
  }

  private mutating func finished(_ entry: RetryRun.Entry, _ call: SentCall) -> String? {
    guard let (step, _) = next[entry.call] else {
      steps["nothing sent", default: 0] += 1
      return call.attempts.isEmpty && model.key == nil ? nil : "ended before it began"
    }
    guard step != .end else { return nil }
    // Nothing to sign the next attempt with.
    steps["key gone", default: 0] += 1
    return model.key == nil ? nil : "ended, and not \(step)"
  }

  private mutating func count(_ step: RetryModel.Step, _ answer: FakeTransport.Answer, _ number: Int, quota: Int) {
    let call = model.calls[number]
    let response = try? answer.get()
    let isSuccess = response?.status == 200
    let name =
      switch step {
      case .wait(let seconds):
        seconds > 0.05 * Double(1 << (call.attempts - 1)) && call.lastCost == 14 ? "waited for AWS" : "waited"
      case .again: "tried again at once"
      case .end where isSuccess: call.attempts == 1 ? "success" : "late success"
      case .end where call.attempts == call.maxAttempts: "no attempt left"
      case .end where AWSCodes.transientStatuses.contains(response?.status ?? 0):
        quota < 14 ? "no token left" : "no time left"
      case .end: "final"
      }
    steps[name, default: 0] += 1
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
