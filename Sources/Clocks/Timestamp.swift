import FoundationEssentials

/// A moment in UTC, to the microsecond.
///
/// The audit log, the tokens file and SigV4 each write time in a form of their own; all of them start from this.
package struct Timestamp: Sendable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
  package let microseconds: Int64

  package init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// Whole seconds since 1970-01-01T00:00:00Z.
  package init(seconds: Int64) {
    self.microseconds = seconds * 1_000_000
  }

  /// Reads `2026-11-22T16:00:00Z`, with or without a fraction of a second; `nil` for anything else.
  package init?(iso8601 text: String) {
    let plain = Date.ISO8601FormatStyle()
    let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    guard let date = (try? plain.parse(text)) ?? (try? fractional.parse(text)) else { return nil }
    self.microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
  }

  /// Reads an HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7, IMF-fixdate); `nil` for anything else.
  package init?(httpDate text: String) {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else { return nil }
    let number = String(month + 1)
    self.init(iso8601: "\(parts[3])-\(number.count == 1 ? "0" : "")\(number)-\(parts[1])T\(parts[4])Z")
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
  package var seconds: Int64 {
    (microseconds - fraction) / 1_000_000
  }

  /// `2026-11-22T16:00:00.123456Z`, as in the audit log.
  package var iso8601Microseconds: String {
    let digits = String(fraction)
    return String(iso8601.dropLast()) + "." + String(repeating: "0", count: 6 - digits.count) + digits + "Z"
  }

  /// `2026-11-22T16:00:00Z`, as in the tokens file.
  package var iso8601: String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(Date.ISO8601FormatStyle())
  }

  /// `20261122T160000Z`, the basic form of ISO 8601 that SigV4's `x-amz-date` has.
  package var iso8601Basic: String {
    iso8601.filter { $0 != "-" && $0 != ":" }
  }

  /// This moment, `duration` later.
  package func advanced(by duration: Duration) -> Timestamp {
    let (seconds, attoseconds) = duration.components
    return Timestamp(microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
  }

  /// The microseconds past the whole second, 0 to 999,999.
  private var fraction: Int64 {
    ((microseconds % 1_000_000) + 1_000_000) % 1_000_000
  }
}
