/// Sizes as people write them: `64MiB`, `512KiB`, `2GiB`, `0`.
package enum ByteSizeText {
  private static let units: [(suffix: String, shift: Int64)] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]

  /// In bytes; `nil` if the text isn't a whole number with a unit or without one, or is too large.
  package static func bytes(_ text: String) -> Int64? {
    let unit = units.first { text.hasSuffix($0.suffix) }
    let digits = text.dropLast(unit?.suffix.count ?? 0)
    guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit), let number = Int64(digits) else { return nil }
    let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
    return isTooLarge ? nil : bytes
  }
}
