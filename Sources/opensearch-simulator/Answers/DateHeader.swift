import Clocks
import GatewayCore
import HTTPTypes

/// What the answers' `Date` says.
enum DateHeader: Sendable, Equatable {
  /// It is so many seconds off AWS's clock.
  case offset(Int)
  /// This, whatever it is.
  case verbatim(String)
  /// There is none.
  case absent

  /// - Parameter now: what AWS's clock says.
  func edits(at now: Timestamp) -> HeaderEdits {
    var edits = HeaderEdits()
    switch self {
    case .offset(let seconds): edits.set(.date, to: HTTPDate.text(now.advanced(by: .seconds(seconds))))
    case .verbatim(let text): edits.set(.date, to: text)
    case .absent: edits.dropsDate = true
    }
    return edits
  }

  /// As a setting shows it.
  var json: JSON {
    switch self {
    case .offset(let seconds): .object([("offsetSeconds", .integer(Int64(seconds)))])
    case .verbatim(let text): .object([("value", .string(text))])
    case .absent: .object([("absent", .bool(true))])
    }
  }
}
