import Glibc

/// A TCP socket that listens. We open it ourselves, so that a port in use is told in plain words.
package struct ListeningSocket: Sendable {
  let descriptor: Int32
  /// With the real port, where 0 was asked for.
  package let address: ListenAddress

  /// Connections that the kernel holds until they are accepted.
  private static let backlog: Int32 = 1024

  /// Binds and listens.
  ///
  /// - Throws: `ListenError`, with the system's reason.
  package init(_ address: ListenAddress) throws(ListenError) {
    let resolved = try Self.resolve(address)
    let descriptor = socket(resolved.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenError(address, code: errno) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let isBound = resolved.bytes.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) == 0 }
    }
    guard isBound, listen(descriptor, Self.backlog) == 0 else {
      let code = errno
      close(descriptor)
      throw ListenError(address, code: code)
    }
    self.descriptor = descriptor
    self.address = ListenAddress(host: address.host, port: Self.port(of: descriptor) ?? address.port)
  }

  /// No new connections, while the descriptor stays valid for libmicrohttpd: another, silent socket takes its place. The
  /// kernel closes what was listened on and takes it out of every epoll set.
  ///
  /// `MHD_quiesce_daemon` isn't used: it and a worker that wakes at the same moment both take the socket out of the
  /// worker's epoll set, and libmicrohttpd aborts the process where the second of them fails.
  func refuseConnections() {
    let silent = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    dup2(silent, descriptor)
    close(silent)
  }

  private static func resolve(_ address: ListenAddress) throws(ListenError) -> (family: Int32, bytes: [UInt8]) {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(address.host, String(address.port), &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    guard code == 0, let first = list?.pointee, let socketAddress = first.ai_addr else {
      throw ListenError(address, reason: String(cString: gai_strerror(code)))
    }
    let bytes = UnsafeRawBufferPointer(start: socketAddress, count: Int(first.ai_addrlen))
    return (first.ai_family, Array(bytes))
  }

  private static func port(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage -> UInt16? in
      let isKnown = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length) == 0
      }
      guard isKnown else { return nil }
      // The port stands in the same place in sockaddr_in and sockaddr_in6.
      return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }
  }
}
