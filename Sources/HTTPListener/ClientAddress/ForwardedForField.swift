import IPAddresses

/// `X-Forwarded-For`: a list of addresses, the nearest proxy's last. No standard says how they are written.
enum ForwardedForField {
  /// The addresses from right to left; `nil` where an entry isn't one. Each is read when it is asked for.
  ///
  /// The list is taken apart byte by byte. As characters, a comma can be one with what a caller wrote before it (U+0600
  /// and its like join with what follows), and the entry that a proxy added would be lost in the caller's.
  ///
  /// - Parameter values: the header lines in their order.
  static func hops(_ values: [String]) -> some Sequence<IPAddress?> {
    values.reversed().lazy
      .flatMap { $0.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).reversed() }
      .map { address(in: trimmed($0)) }
  }

  /// An address as it is usually written, or as some proxies do: `192.0.2.1:4711`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
  private static func address(in entry: Substring) -> IPAddress? {
    if let address = IPAddress(entry) { return address }
    guard case .address(let address) = ForwardedNode(entry) else { return nil }
    return address
  }

  /// Without spaces and tabs at the ends.
  private static func trimmed(_ entry: Substring.UTF8View) -> Substring {
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let start = entry.drop(while: isBlank)
    return Substring(start.lastIndex { !isBlank($0) }.map { start[...$0] } ?? start.prefix(0))
  }
}
