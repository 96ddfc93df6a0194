import Clocks

/// A time as HTTP writes it, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7: IMF-fixdate).
enum HTTPDate {
  /// 1970-01-01 was a Thursday.
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  private static let secondsOfDay: Int64 = 86_400

  static func text(_ time: Timestamp) -> String {
    let secondsOfWeek = 7 * secondsOfDay
    let sinceThursday = (time.seconds % secondsOfWeek + secondsOfWeek) % secondsOfWeek
    // 2026-11-22T16:00:00Z
    let text = Array(time.iso8601)
    let month = Int(String(text[5..<7])).map { months[$0 - 1] } ?? ""
    let date = "\(String(text[8..<10])) \(month) \(String(text[..<4]))"
    return "\(days[Int(sinceThursday / secondsOfDay)]), \(date) \(String(text[11..<19])) GMT"
  }
}
