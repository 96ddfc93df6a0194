extension Client {
  /// What refusals are counted by: the address, or an IPv6 address's first 64 bits (`2001:db8:0:7::/64`), which is the
  /// least that one client is given.
  package var network: String {
    guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
    let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
    let (left, right) = (Self.groups(halves[0]), halves.count == 1 ? [] : Self.groups(halves[1]))
    let zeros = [Substring](repeating: "0", count: max(0, 8 - left.count - right.count))
    var groups = Array((left + zeros + right).prefix(4))
    while groups.last == "0" { groups.removeLast() }
    return groups.joined(separator: ":") + "::/64"
  }

  /// The 16-bit groups of one side of the `::`. An IPv4 address at the end stands for two.
  private static func groups(_ text: Substring) -> [Substring] {
    text.split(separator: ":").flatMap { $0.contains(".") ? [$0, $0] : [$0] }
  }
}
