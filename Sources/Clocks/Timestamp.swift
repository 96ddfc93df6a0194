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
    guard text.utf8.last == UInt8(ascii: "Z") else { return nil }
    let halves = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let whole = halves[0] + "Z"
    // A year of more digits could be too far away to be counted in microseconds.
    guard whole.utf8.prefix(5).last == UInt8(ascii: "-"),
      whole.utf8.prefix(4).allSatisfy({ (0x30...0x39).contains($0) }),
      let date = try? Date.ISO8601FormatStyle().parse(String(whole))
    else { return nil }
    let start = Timestamp(seconds: Int64(date.timeIntervalSince1970.rounded()))
    // The parser is lenient: it takes other zones, rolls the 30th of February over, and ignores what follows. What is
    // written again as it was read was exactly this.
    guard start.isWritable, start.iso8601 == whole else { return nil }
    var fraction: Int64 = 0
    if halves.count > 1 {
      guard (1...6).contains(halves[1].utf8.count), halves[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let digits = Int64(halves[1] + String(repeating: "0", count: 6 - halves[1].utf8.count))
      else { return nil }
      fraction = digits
    }
    self.microseconds = start.microseconds + fraction
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

  /// Whether it lies in the years 1 to 9999, which have four digits: no others can be written.
  package var isWritable: Bool {
    (-62_135_596_800_000_000..<253_402_300_800_000_000).contains(microseconds)
  }

  /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
  package var seconds: Int64 {
    (microseconds - fraction) / 1_000_000
  }

  /// `2026-11-22T16:00:00.123456Z`, as in the audit log.
  package var iso8601Microseconds: String {
    written(separators: true, fraction: true)
  }

  /// `2026-11-22T16:00:00Z`, as in the tokens file.
  package var iso8601: String {
    written(separators: true, fraction: false)
  }

  /// `20261122T160000Z`, the basic form of ISO 8601 that SigV4's `x-amz-date` has.
  package var iso8601Basic: String {
    written(separators: false, fraction: false)
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

  /// Written by hand, since each call to AWS needs several of these: Foundation's formatter stood out in the profile.
  private func written(separators: Bool, fraction withFraction: Bool) -> String {
    let (year, month, day) = civilDate
    let secondOfDay = seconds - dayNumber * 86_400
    var text = TimestampText()
    text.add(year / 100)
    text.add(year % 100)
    if separators { text.add("-") }
    text.add(month)
    if separators { text.add("-") }
    text.add(day)
    text.add("T")
    text.add(secondOfDay / 3600)
    if separators { text.add(":") }
    text.add(secondOfDay / 60 % 60)
    if separators { text.add(":") }
    text.add(secondOfDay % 60)
    if withFraction {
      text.add(".")
      text.add(fraction / 10_000)
      text.add(fraction / 100 % 100)
      text.add(fraction % 100)
    }
    text.add("Z")
    return text.string
  }

  /// Days since 1970-01-01, rounded down.
  private var dayNumber: Int64 {
    seconds >= 0 ? seconds / 86_400 : -((-seconds + 86_399) / 86_400)
  }

  /// The date in the Gregorian calendar. Years are counted from March, so that the leap day is a year's last.
  private var civilDate: (year: Int64, month: Int64, day: Int64) {
    // From 0000-03-01 on; an era is 400 years, after which the calendar repeats.
    let days = dayNumber + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }
}

/// A timestamp's text, while it is written: on the stack, since an array for it costs more than the writing.
private struct TimestampText {
  private var bytes = InlineArray<27, UInt8>(repeating: 0)
  private var count = 0

  mutating func add(_ character: Unicode.Scalar) {
    bytes[count] = UInt8(ascii: character)
    count += 1
  }

  /// The two digits of 0 to 99.
  mutating func add(_ number: Int64) {
    bytes[count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10)
    bytes[count + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
    count += 2
  }

  var string: String {
    do {
      return String(copying: try UTF8Span(validating: bytes.span.extracting(first: count)))
    } catch {
      preconditionFailure("digits and letters are UTF-8")
    }
  }
}
