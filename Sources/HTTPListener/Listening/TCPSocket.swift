import CMicroHTTPD
import Glibc

/// A TCP socket that is bound and doesn't listen yet. We open it ourselves, so that a port in use is told in plain words.
struct TCPSocket {
  let descriptor: Int32
  /// The real one, where 0 was asked for.
  let port: UInt16
  let isLoopback: Bool

  /// - Parameter sharesPort: whether another process of the same user may listen there too. The kernel then spreads those
  ///   who connect over both. A port of somebody else's is still an error.
  static func bind(_ host: String, _ port: UInt16, sharesPort: Bool) throws(ListenError) -> TCPSocket {
    let address = ListenAddress.tcp(host: host, port: port)
    let resolved = try resolve(host, port)
    let descriptor = socket(
      resolved.family,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenError(address, code: errno) }
    var yes: Int32 = 1
    for option in sharesPort ? [SO_REUSEADDR, SO_REUSEPORT] : [SO_REUSEADDR] {
      setsockopt(descriptor, SOL_SOCKET, option, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
    let isBound = resolved.bytes.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { Glibc.bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) == 0 }
    }
    guard isBound else {
      let code = errno
      close(descriptor)
      throw ListenError(address, code: code)
    }
    let name = SocketName.own(of: descriptor)
    return TCPSocket(descriptor: descriptor, port: name?.port ?? port, isLoopback: name?.isLoopback ?? false)
  }

  private static func resolve(_ host: String, _ port: UInt16) throws(ListenError) -> (family: Int32, bytes: [UInt8]) {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    guard code == 0, let first = list?.pointee, let socketAddress = first.ai_addr else {
      throw ListenError(.tcp(host: host, port: port), reason: String(cString: gai_strerror(code)))
    }
    let bytes = UnsafeRawBufferPointer(start: socketAddress, count: Int(first.ai_addrlen))
    return (first.ai_family, Array(bytes))
  }
}
