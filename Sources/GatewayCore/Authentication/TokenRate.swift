/// How often a token may be used.
package enum TokenRate: Sendable, Equatable, CustomStringConvertible {
  /// Its entry says nothing: what counts is the rate that all tokens have (`--token-rate`).
  case standard
  /// As often as it likes, whatever rate the others have.
  case off
  /// At a rate of its own.
  case limited(Rate)

  /// Reads `10/20` or `off`; `nil` for anything else.
  package init?(_ text: String) {
    if text == "off" {
      self = .off
    } else if let rate = Rate(text) {
      self = .limited(rate)
    } else {
      return nil
    }
  }

  /// As it is read; `standard` where the entry says nothing.
  package var description: String {
    switch self {
    case .standard: "standard"
    case .off: "off"
    case .limited(let rate): rate.description
    }
  }
}

extension TokenRate {
  /// What counts; `nil` for no limit.
  ///
  /// - Parameter standard: what all tokens have.
  package func limit(standard: Rate?) -> Rate? {
    switch self {
    case .standard: standard
    case .off: nil
    case .limited(let rate): rate
    }
  }
}
