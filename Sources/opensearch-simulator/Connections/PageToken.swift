import Digest

/// Where the next page of a search begins, in a form that invites nobody to count with it.
struct PageToken: Sendable, Equatable {
  /// How many matching connections stand before the page.
  let start: Int

  private static let prefix = "start="

  init(start: Int) {
    self.start = start
  }

  /// Reads a token; `nil` for anything that isn't one.
  init?(_ text: String) {
    guard let bytes = Hex.decode(text), let plain = String(validating: bytes, as: UTF8.self),
      plain.hasPrefix(Self.prefix), let start = Int(plain.dropFirst(Self.prefix.count)), start > 0
    else { return nil }
    self.start = start
  }

  var text: String {
    Hex.encode(Array("\(Self.prefix)\(start)".utf8))
  }
}
