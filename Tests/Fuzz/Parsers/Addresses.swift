import GatewayCore
import HTTPListener
import HTTPTypes
import IPAddresses

private let ranges = ["10.0.0.0/8", "127.0.0.1", "fd00::/8", "2001:db8:1::/48"].compactMap { AddressRange($0) }
private let proxies = TrustedProxies(ranges)

/// The peer's address in the first line; in each of the others a field of a proxy's, by its name.
@Sendable func fuzzAddresses(_ bytes: [UInt8]) {
  guard let text = text(bytes) else { return }
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  words(lines[0])
  guard let peer = IPAddress(lines[0]) else { return }
  var fields = HTTPFields()
  for line in lines.dropFirst() {
    let halves = line.split(separator: ":", maxSplits: 1).map(String.init)
    guard halves.count == 2, HTTPField.isValidValue(halves[1]), let name = HTTPField.Name(halves[0]) else { continue }
    fields.append(HTTPField(name: name, value: halves[1]))
  }
  let read: (IPAddress?, HTTPFields) throws -> Client = proxies.client(peer:fields:)
  guard let client = try? read(peer, fields) else { return }
  promise(client.peer == peer.description, "the peer is who it is")
  guard let address = IPAddress(client.address) else { fatalError("the client has an address") }
  promise(address.description == client.address, "it is written the usual way")
  promise(ranges.contains { $0.contains(peer) } || address == peer, "only trusted proxies are believed")
}

private func words(_ text: String) {
  if let address = IPAddress(text) {
    promise(IPAddress(address.description) == address, "an address is read as it is written")
    promise(AddressRange(text)?.contains(address) == true, "an address is a range of one")
  }
  if let range = AddressRange(text) {
    promise(AddressRange(range.description) == range, "a range is read as it is written")
  }
  if let address = ListenAddress(text) {
    promise(ListenAddress(address.description) == address, "where to listen is read as it is written")
  }
}
