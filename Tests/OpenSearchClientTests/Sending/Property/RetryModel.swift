import Clocks
import GatewayCore
import HTTPTypes

/// The rules of retries, of the clock and of refused credentials once more, as plainly as they can be said, and with
/// nothing of the client's in it. It is told what calls meet, and says what each has to do next.
struct RetryModel {
  enum Step: Equatable {
    /// Wait so many seconds, then try again.
    case wait(Double)
    case again
    case end
  }

  struct Call {
    let maxAttempts: Int
    /// Since the start, in seconds.
    let deadline: Double
    var attempts = 0
    var lastCost = 1
    var hasFreshCredentials = false
    /// Of the attempt under way.
    var sentAt = Timestamp(seconds: 0)
    var offset = 0.0
    var key: Int?
  }

  private(set) var quota: Int
  /// AWS's clock less ours, in seconds.
  private(set) var offset = 0.0
  /// The number of the key in use.
  private(set) var key: Int? = 1
  private let behaviour: RotatingCredentials.Behaviour
  private(set) var calls: [Call]

  init(quota: Int, behaviour: RotatingCredentials.Behaviour, calls: [Call]) {
    self.quota = quota
    self.behaviour = behaviour
    self.calls = calls
  }

  /// An attempt is sent.
  mutating func sends(_ number: Int, at wall: Timestamp) {
    calls[number].attempts += 1
    calls[number].sentAt = wall
    calls[number].offset = offset
    calls[number].key = key
  }

  /// The attempt ended like this.
  ///
  /// - Parameters:
  ///   - time: since the start, in seconds.
  ///   - draw: the random number for the delay, if there is to be one.
  mutating func ended(
    _ number: Int, _ answer: FakeTransport.Answer, at wall: Timestamp, _ time: Double, draw: Double?
  ) -> Step {
    let mayTryAgain = calls[number].attempts < calls[number].maxAttempts
    let response: UpstreamResponse
    switch answer {
    case .success(let value): response = value
    case .failure(.notSent), .failure(.broken):
      return mayTryAgain ? delayed(number, isThrottled: false, nil, time, draw) : .end
    case .failure(.unknownHost), .failure(.timedOut): return .end
    }
    let code = response.fields[.amznErrorType] ?? ""
    if (200...299).contains(response.status) {
      quota = min(500, quota + calls[number].lastCost)
      return .end
    }
    if AWSCodes.throttling.contains(code) {
      return mayTryAgain ? delayed(number, isThrottled: true, response.fields[.amzRetryAfter], time, draw) : .end
    }
    if AWSCodes.transientStatuses.contains(response.status) || AWSCodes.transient.contains(code) {
      return mayTryAgain ? delayed(number, isThrottled: false, response.fields[.amzRetryAfter], time, draw) : .end
    }
    if AWSCodes.skew.contains(code) {
      return corrects(number, response.fields[.date], wall) && mayTryAgain ? .again : .end
    }
    if (AWSCodes.expired + AWSCodes.rejectedKey).contains(code) {
      return refreshes(number) && mayTryAgain ? .again : .end
    }
    return .end
  }

  private mutating func delayed(
    _ number: Int, isThrottled: Bool, _ retryAfter: String?, _ time: Double, _ draw: Double?
  ) -> Step {
    let cost = isThrottled ? 5 : 14
    guard quota >= cost, let draw else { return .end }
    var longest = isThrottled ? 1.0 : 0.05
    for _ in 1..<calls[number].attempts { longest = min(20, longest * 2) }
    var delay = draw * longest
    if let retryAfter, !retryAfter.isEmpty, retryAfter.allSatisfy({ "0123456789".contains($0) }),
      let milliseconds = Double(retryAfter)
    {
      delay = min(max(delay, milliseconds / 1000), delay + 5)
    }
    guard time + delay < calls[number].deadline else { return .end }
    quota -= cost
    calls[number].lastCost = cost
    return .wait(delay)
  }

  /// Whether the answer's date shows that the attempt was signed by a wrong clock.
  private mutating func corrects(_ number: Int, _ date: String?, _ wall: Timestamp) -> Bool {
    guard let date = date.flatMap({ Timestamp(httpDate: $0) }) else { return false }
    let middle = (Double(calls[number].sentAt.microseconds) + Double(wall.microseconds)) / 2
    let shown = (Double(date.microseconds) - middle) / 1_000_000
    guard abs(shown - calls[number].offset) > 240 else { return false }
    offset = shown
    return true
  }

  /// Whether there are other credentials now than those that were refused. A call has them looked up once.
  private mutating func refreshes(_ number: Int) -> Bool {
    guard !calls[number].hasFreshCredentials else { return false }
    calls[number].hasFreshCredentials = true
    if calls[number].key == key {
      switch behaviour {
      case .rotates: key = key.map { $0 + 1 }
      case .stays: break
      case .ends: key = nil
      }
    }
    return key != nil && key != calls[number].key
  }
}
