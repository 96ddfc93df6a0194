import GatewayCore

/// Durations as people write them: `250ms`, `2s`, `1m`.
enum DurationText {
  private static let units: [(suffix: String, milliseconds: Int64)] = [
    // `ms` before `s` and `m`, which it ends and begins with.
    ("ms", 1), ("s", 1000), ("m", 60_000),
  ]
  private static let longest: Int64 = 86_400_000

  /// `nil` if the text isn't a whole number and a unit, or is more than a day.
  static func duration(_ text: String) -> Duration? {
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
    let digits = text.dropLast(unit.suffix.count)
    guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit), let number = Int64(digits),
      number <= longest / unit.milliseconds
    else { return nil }
    return .milliseconds(number * unit.milliseconds)
  }
}
