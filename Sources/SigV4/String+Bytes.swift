extension String {
  /// The parts, one after another, in memory that is taken once. Interpolation guesses how long it gets, and takes it several
  /// times for each of the texts that a signature is made of.
  static func joined(_ parts: String...) -> String {
    var text = ""
    text.reserveCapacity(parts.reduce(0) { $0 + $1.utf8.count })
    for part in parts { text += part }
    return text
  }

  /// Whether a byte of its UTF-8 is so. `utf8.contains` says the same, many times slower: it goes by indices.
  @inline(__always)
  func hasByte(_ isSo: (UInt8) -> Bool) -> Bool {
    let bytes = utf8.span
    for index in bytes.indices where isSo(bytes[index]) { return true }
    return false
  }
}
