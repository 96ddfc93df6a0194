import Clocks
import GatewayCore

extension Timestamp {
  /// Reads when credentials end, as processes, containers and variables write it: ISO 8601 in UTC or with an offset
  /// (`2026-11-22T18:00:00+02:00`), and with as many digits of a second as they like; `nil` for anything else.
  init?(expiration text: String) {
    var rest = text[...]
    var offset = Duration.zero
    if rest.last == "Z" {
      rest = rest.dropLast()
    } else {
      // The date has hyphens, too, but the time comes after it.
      guard let time = rest.firstIndex(of: "T"), let sign = rest[time...].lastIndex(where: { $0 == "+" || $0 == "-" }),
        let distance = Self.distance(rest[rest.index(after: sign)...])
      else { return nil }
      offset = rest[sign] == "+" ? distance : .zero - distance
      rest = rest[..<sign]
    }
    let halves = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    if halves.count > 1 {
      guard !halves[1].isEmpty, halves[1].utf8.allSatisfy(\.isASCIIDigit) else { return nil }
      rest = halves[0] + "." + halves[1].prefix(6)
    }
    guard let local = Timestamp(iso8601: rest + "Z") else { return nil }
    self = local.advanced(by: .zero - offset)
    guard isWritable else { return nil }
  }

  /// `02:00` or `0200`.
  private static func distance(_ text: Substring) -> Duration? {
    let digits = text.filter { $0 != ":" }
    guard digits.utf8.count == 4, digits.utf8.allSatisfy(\.isASCIIDigit),
      text.utf8.count == 4 || text.dropFirst(2).first == ":",
      let hours = Int64(digits.prefix(2)), let minutes = Int64(digits.suffix(2)), hours < 24, minutes < 60
    else { return nil }
    return .seconds(hours * 3600 + minutes * 60)
  }
}
