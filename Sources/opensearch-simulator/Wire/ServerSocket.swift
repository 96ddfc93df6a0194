import Glibc
import HTTPListener

/// The socket that clients connect to, when the relay is between them and the HTTP listener.
struct ServerSocket: Sendable {
  /// With the real port, where 0 was asked for.
  let address: ListenAddress
  private let descriptor: Int32

  /// Connections that the kernel holds until they are accepted.
  private static let backlog: Int32 = 1024

  /// Binds and listens.
  ///
  /// - Throws: `ListenError`, with the system's reason.
  init(_ address: ListenAddress) throws(ListenError) {
    guard case .tcp(let host, let port) = address else { throw ListenError(address, reason: "it isn't a TCP address") }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    guard code == 0, let first = list?.pointee else {
      throw ListenError(address, reason: String(cString: gai_strerror(code)))
    }
    descriptor = socket(first.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenError(address, reason: SystemError.text(errno)) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, first.ai_addr, first.ai_addrlen) == 0, listen(descriptor, Self.backlog) == 0 else {
      let code = errno
      close(descriptor)
      throw ListenError(address, reason: SystemError.text(code))
    }
    self.address = ListenAddress(host: host, port: SocketName.own(of: descriptor)?.port ?? port)
  }

  /// The next client's connection; `nil` if it went wrong, which the next one may not.
  func accept() -> Int32? {
    let connection = Glibc.accept(descriptor, nil, nil)
    return connection < 0 ? nil : connection
  }
}
