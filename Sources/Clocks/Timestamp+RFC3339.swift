extension Timestamp {
  /// Reads `2026-11-22T16:00:00Z` or `2026-11-22T18:00:00+02:00`, with or without a fraction of a second; `nil` for
  /// anything else.
  package init?(rfc3339 text: String) {
    let offset = text.utf8.suffix(6)
    guard let sign = offset.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      self.init(iso8601: text)
      return
    }
    let parts = String(Substring(offset.dropFirst())).split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours < 24, minutes < 60,
      let local = Timestamp(iso8601: text.dropLast(6) + "Z")
    else { return nil }
    let distance = (hours * 60 + minutes) * 60_000_000
    let utc = Timestamp(microseconds: local.microseconds - (sign == UInt8(ascii: "+") ? distance : -distance))
    guard utc.isWritable else { return nil }
    self = utc
  }
}
