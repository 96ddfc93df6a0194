import CMicroHTTPD
import Glibc
import Synchronization

/// A socket that callers connect to.
///
/// It has two steps. Made, it is bound, so that an address in use is told before anything else happens; nobody can connect
/// yet. `open` lets callers in, once it is sure that they will be served. If it goes before it was closed, nothing of it
/// is left, and a UNIX socket that it had replaced is in its place again.
package final class ListeningSocket: Sendable {
  private enum Kind: Sendable {
    case tcp(isLoopback: Bool)
    case unix(UnixSocketFile)
    case inherited
  }

  private enum Step {
    case bound, open, closed
  }

  let descriptor: Int32
  /// With the real port, where 0 was asked for; where an inherited socket listens.
  package let address: ListenAddress
  private let kind: Kind
  private let step: Mutex<Step>

  /// Connections that the kernel holds until they are accepted.
  private static let backlog: Int32 = 1024

  /// Takes the address; nobody gets in yet, but by an inherited socket, which listens already.
  ///
  /// - Throws: `ListenError`, with the system's reason.
  package init(_ address: ListenAddress, options: ListenOptions = ListenOptions()) throws(ListenError) {
    switch address {
    case .tcp(let host, let port):
      let bound = try TCPSocket.bind(host, port, sharesPort: options.sharesPort)
      descriptor = bound.descriptor
      kind = .tcp(isLoopback: bound.isLoopback)
      self.address = .tcp(host: host, port: bound.port)
      step = Mutex(.bound)
    case .unix(let path):
      let file = try UnixSocketFile(path: path, mode: options.mode, group: options.group)
      descriptor = file.descriptor
      kind = .unix(file)
      self.address = address
      step = Mutex(.bound)
    case .inherited(let number):
      self.address = try InheritedSocket.address(of: number, passed: options.passed)
      descriptor = number
      kind = .inherited
      step = Mutex(.open)
    }
  }

  deinit {
    close()
  }

  /// Whether there is an address at which both are reached. Two sockets that share ports would share this one, too.
  package func meets(_ other: ListeningSocket) -> Bool {
    // A UNIX socket has its name only once it is open.
    guard address != other.address else { return true }
    guard let own = SocketName.own(of: descriptor), let others = SocketName.own(of: other.descriptor) else {
      return false
    }
    return own.covers(others) || others.covers(own)
  }

  /// Lets callers in. A second call does nothing.
  ///
  /// - Throws: `ListenError`, with the system's reason.
  package func open() throws(ListenError) {
    let isNew = step.withLock { $0 == .bound }
    guard isNew else { return }
    guard listen(descriptor, Self.backlog) == 0 else { throw ListenError(address, code: errno) }
    if case .unix(let file) = kind { try file.publish() }
    step.withLock { $0 = .open }
  }

  /// It is sure now that callers are served: what a UNIX socket replaced isn't needed any more.
  func settle() {
    if case .unix(let file) = kind { file.settle() }
  }

  /// Sees to it that nobody new comes, while who has connected can still be accepted. Not for an inherited socket: that
  /// one is others' too.
  ///
  /// - Returns: how long after the last one it is sure that there is no other; `nil` if more may come for ever.
  func refuse() -> Duration? {
    switch kind {
    case .tcp(let isLoopback):
      guard cmicrohttpd_drop_new_handshakes(descriptor) == 0 else { return nil }
      // A handshake that is under way ends within a round trip. On loopback it ends before `connect` returns.
      return isLoopback ? .milliseconds(10) : .milliseconds(200)
    case .unix(let file):
      file.remove()
      return .milliseconds(10)
    case .inherited:
      return nil
    }
  }

  /// Whether other processes may accept from it as well.
  var isShared: Bool {
    if case .inherited = kind { true } else { false }
  }

  /// The next connection; its peer's address is put into `peer`, and the address's length into `length`.
  ///
  /// - Returns: the connection's descriptor, or the `errno` value, negative.
  func accept(_ peer: UnsafeMutablePointer<sockaddr_storage>, _ length: UnsafeMutablePointer<socklen_t>) -> Int32 {
    length.pointee = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return peer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
      let connection = cmicrohttpd_accept(descriptor, peer, length)
      return connection < 0 ? -errno : connection
    }
  }

  /// `accept` never waits. An inherited socket is told so again and again: a process that gets it may say otherwise.
  func forbidWaiting() {
    let flags = fcntl(descriptor, F_GETFL)
    if flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
  }

  /// Gives up our own descriptor. Whoever else has an inherited socket keeps it, with all who wait there.
  func close() {
    let isOpen = step.withLock { step in
      defer { step = .closed }
      return step != .closed
    }
    guard isOpen else { return }
    if case .unix(let file) = kind { file.remove() }
    Glibc.close(descriptor)
  }
}
