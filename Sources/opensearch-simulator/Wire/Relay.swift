import Glibc
import HTTPListener
import Synchronization

/// Stands between the clients and the HTTP listener, and hands on what each says to the other, so that an answer can end
/// at any of its bytes. The listener itself only knows whole answers and broken bodies, and shouldn't know more: it is the
/// gateway's too.
///
/// The listener sees each connection come from an address of its own in 127.0.0.0/8. By that address a request's
/// connection is found again.
final class Relay: Sendable {
  private struct Connections: Sendable {
    var all: [String: RelayedConnection] = [:]
    var lastNumber: UInt32 = 0
  }

  /// Where clients connect, with the real port.
  let address: ListenAddress
  private let socket: ServerSocket
  private let connections = Mutex(Connections())

  /// Begins to listen.
  ///
  /// - Throws: `ListenError`.
  init(_ address: ListenAddress) throws(ListenError) {
    socket = try ServerSocket(address)
    self.address = socket.address
  }

  /// Begins to hand on what clients say.
  ///
  /// - Parameter port: where the listener listens, on 127.0.0.1.
  func start(toPort port: UInt16) {
    DetachedThread.start { [self] in
      while true {
        guard let client = socket.accept() else {
          // Too many descriptors are open, or the client is gone already. It would come round at once.
          usleep(1000)
          continue
        }
        take(client, toPort: port)
      }
    }
  }

  /// The connection that the listener sees come from this address; `nil` once it is over.
  func connection(from address: String) -> RelayedConnection? {
    connections.withLock { $0.all[address] }
  }

  private func take(_ client: Int32, toPort port: UInt16) {
    guard let peer = SocketName.peer(of: client)?.address,
      let (listener, address) = dial(port: port)
    else {
      close(client)
      return
    }
    let connection = RelayedConnection(client: client, listener: listener, peer: peer)
    connections.withLock { $0.all[address] = connection }
    connection.start { [self] in
      connections.withLock { _ = $0.all.removeValue(forKey: address) }
    }
  }

  /// Connects to the listener from an address that no other connection has.
  private func dial(port: UInt16) -> (descriptor: Int32, address: String)? {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var own = sockaddr_in()
    own.sin_family = sa_family_t(AF_INET)
    own.sin_addr.s_addr = nextAddress().bigEndian
    var other = own
    other.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    other.sin_port = port.bigEndian
    guard Self.call(bind, descriptor, own), Self.call(connect, descriptor, other),
      let name = SocketName.own(of: descriptor)
    else {
      close(descriptor)
      return nil
    }
    return (descriptor, name.address)
  }

  /// From 127.0.0.2 to 127.255.255.254, and again from the first: a connection isn't kept for so long.
  private func nextAddress() -> UInt32 {
    connections.withLock { connections in
      connections.lastNumber = connections.lastNumber % 0xFF_FFFD + 1
      return 0x7F00_0001 + connections.lastNumber
    }
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32, _ address: sockaddr_in
  ) -> Bool {
    withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
