import Clocks
import GatewayCore
import HTTPTypes
import TestSupport

/// What a few calls meet that share a process, all of it chosen by one seed.
struct RetrySchedule: Sendable {
  struct Call: Sendable {
    let startsAfter: Duration
    /// From its start on.
    let timeout: Duration
    let maxAttempts: Int
  }

  let seed: UInt64
  let quota: Int
  let behaviour: RotatingCredentials.Behaviour
  let calls: [Call]
  /// One in so many answers is a success.
  private let successRarity: Int

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    self.seed = seed
    quota = random.isTrue(oneIn: 3) ? Int.random(in: 0...60, using: &random) : Int.random(in: 440...500, using: &random)
    behaviour = random.pick([(4, .rotates), (1, .stays), (1, .ends)])
    successRarity = Int.random(in: 2...8, using: &random)
    calls = (0..<Int.random(in: 1...5, using: &random)).map { _ in
      Call(
        startsAfter: random.milliseconds(0...3000),
        timeout: random.milliseconds(random.isTrue(oneIn: 4) ? 1...900 : 900...60_000),
        maxAttempts: random.pick([(1, 1), (1, 2), (4, 3), (2, 5), (1, 10)]))
    }
  }

  /// What a request meets next.
  ///
  /// - Parameters:
  ///   - now: by our clock.
  ///   - offset: AWS's clock less ours, as it was found last.
  func reply(_ random: inout SplitMix64, now: Timestamp, offset: Duration) -> VirtualTransport.Reply {
    let latency: Duration? =
      random.isTrue(oneIn: 40) ? nil : random.milliseconds(random.isTrue(oneIn: 10) ? 500...9000 : 0...300)
    return VirtualTransport.Reply(
      random.isTrue(oneIn: successRarity) ? .rejected : failure(&random, now, offset), after: latency)
  }

  private func failure(_ random: inout SplitMix64, _ now: Timestamp, _ offset: Duration) -> FakeTransport.Answer {
    let oneOf = { (codes: [String], random: inout SplitMix64) in codes.randomElement(using: &random) ?? "" }
    var fields: HTTPFields = [:]
    if random.isTrue(oneIn: 3) { fields[.amzRetryAfter] = retryAfter(&random) }
    if !random.isTrue(oneIn: 4) { fields[.date] = date(&random, now, offset) }
    switch random.pick([(5, 0), (4, 1), (3, 2), (2, 3), (1, 4), (1, 5), (1, 6), (1, 7), (1, 8)]) {
    case 0:
      let status = AWSCodes.transientStatuses.randomElement(using: &random) ?? 500
      return .error(oneOf(["InternalException", "Unheard", ""], &random), status, fields: fields)
    case 1:
      return .error(oneOf(AWSCodes.throttling, &random), random.pick([(1, 400), (1, 429), (1, 503)]), fields: fields)
    case 2: return .error(oneOf(AWSCodes.skew, &random), 403, fields: fields)
    case 3: return .error(oneOf(AWSCodes.expired + AWSCodes.rejectedKey, &random), 403, fields: fields)
    case 4: return .error(oneOf(AWSCodes.transient, &random), 400, fields: fields)
    case 5: return .failure(.notSent("refused"))
    case 6: return .failure(.broken("reset"))
    case 7: return .failure(.unknownHost)
    default:
      let (code, status) = AWSCodes.final.randomElement(using: &random) ?? ("", 400)
      return .error(code, status, fields: fields)
    }
  }

  private func retryAfter(_ random: inout SplitMix64) -> String {
    random.pick([
      (6, String(Int.random(in: 0...9000, using: &random))), (1, "100000"), (1, "-5"), (1, "1e3"), (1, ""), (1, "+9"),
      (1, "soon"), (1, "2.5"),
    ])
  }

  /// Around the four minutes from the offset in use, or anywhere.
  private func date(_ random: inout SplitMix64, _ now: Timestamp, _ offset: Duration) -> String {
    let seconds = Int.random(in: -245...245, using: &random)
    let apart = random.pick([(2, seconds), (2, seconds.signum() * 240 + seconds % 3), (2, seconds * 60), (1, 0)])
    let shown = now.advanced(by: offset + .seconds(apart)).httpDate
    return random.pick([(8, shown), (1, "soon"), (1, String(shown.dropLast()))])
  }
}

extension Timestamp {
  /// `Sun, 22 Nov 2026 16:00:00 GMT`; always a Sunday, which nobody reads.
  fileprivate var httpDate: String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = iso8601.split { "-TZ".contains($0) }
    return "Sun, \(parts[2]) \(months[(Int(parts[1]) ?? 1) - 1]) \(parts[0]) \(parts[3]) GMT"
  }
}
