/// Durations as people write them: `500ms`, `15s`, `5m`, `12h`, `90d`.
package enum DurationText {
  private static let units: [(suffix: String, milliseconds: Int64)] = [
    // `ms` before `s` and `m`, which it ends and begins with.
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  /// `nil` if the text isn't a whole number and a unit, or is too large.
  package static func duration(_ text: String) -> Duration? {
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
    let digits = text.dropLast(unit.suffix.count)
    guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit),
      let number = Int64(digits)
    else { return nil }
    let (milliseconds, isTooLarge) = number.multipliedReportingOverflow(by: unit.milliseconds)
    return isTooLarge ? nil : .milliseconds(milliseconds)
  }

  /// For people, in the largest unit of which there are two at the least, rounded down: `3 days`, `47 hours`.
  package static func words(_ duration: Duration) -> String {
    let seconds = max(0, duration.components.seconds)
    let (count, noun): (Int64, String) =
      switch seconds {
      case 172_800...: (seconds / 86_400, "day")
      case 7200...: (seconds / 3600, "hour")
      case 120...: (seconds / 60, "minute")
      default: (seconds, "second")
      }
    return "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
