import CMicroHTTPD
import Glibc
import IPAddresses

/// The address that a socket is bound to.
struct SocketName {
  /// As it is given on the command line.
  let address: ListenAddress
  let isLoopback: Bool
  /// Whether an IPv6 socket takes no IPv4.
  private let isIPv6Only: Bool

  var port: UInt16? { address.port }

  /// Whether who connects to the other address may come here: it is the same one, or this is the one for all addresses.
  func covers(_ other: SocketName) -> Bool {
    guard address != other.address else { return true }
    guard let port, port == other.port, let otherHost = other.address.host else { return false }
    let isOtherIPv4 = !otherHost.contains(":")
    return address.host == "0.0.0.0" && isOtherIPv4 || address.host == "::" && !(isIPv6Only && isOtherIPv4)
  }

  /// `nil` for an address that nobody can connect to by TCP or by a path.
  static func own(of descriptor: Int32) -> SocketName? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        getsockname(descriptor, name, &length) == 0
          ? SocketName(name, length: Int(length), isIPv6Only: isIPv6Only(descriptor)) : nil
      }
    }
  }

  private static func isIPv6Only(_ descriptor: Int32) -> Bool {
    var (isOnly, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    return getsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &isOnly, &size) == 0 && isOnly != 0
  }

  private init?(_ name: UnsafePointer<sockaddr>, length: Int, isIPv6Only: Bool) {
    self.isIPv6Only = isIPv6Only
    if let ip = IPAddress(name) {
      // The port stands in the same place in sockaddr_in and sockaddr_in6.
      let port = UnsafeRawPointer(name).loadUnaligned(
        fromByteOffset: MemoryLayout<sockaddr_in>.offset(of: \.sin_port) ?? 2, as: in_port_t.self)
      address = .tcp(host: ip.description, port: UInt16(bigEndian: port))
      isLoopback = ip.bytes.first == 127 && ip.bytes.count == 4 || ip.description == "::1"
    } else {
      let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
      guard Int32(name.pointee.sa_family) == AF_UNIX, length > start else { return nil }
      let path = UnsafeRawBufferPointer(start: name, count: length)[start...].prefix { $0 != 0 }
      address = .unix(path: String(decoding: path, as: UTF8.self))
      isLoopback = true
    }
  }
}
