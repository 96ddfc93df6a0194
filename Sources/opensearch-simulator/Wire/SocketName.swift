import Glibc

/// One end of a connection, in numbers.
struct SocketName: Sendable, Equatable {
  /// `127.0.0.1`, `::1`.
  let address: String
  let port: UInt16

  /// This end's.
  static func own(of descriptor: Int32) -> SocketName? {
    SocketName { getsockname(descriptor, $0, $1) }
  }

  /// The other end's; `nil` if that has left.
  static func peer(of descriptor: Int32) -> SocketName? {
    SocketName { getpeername(descriptor, $0, $1) }
  }

  private init?(_ read: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let isRead = withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        read(name, &length) == 0
          && getnameinfo(
            name, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
            NI_NUMERICHOST | NI_NUMERICSERV) == 0
      }
    }
    guard isRead, let port = UInt16(Self.text(service)) else { return nil }
    address = Self.text(host)
    self.port = port
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix(while: { $0 != 0 }).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
