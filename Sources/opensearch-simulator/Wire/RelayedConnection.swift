import Glibc
import Synchronization

/// A client's connection, and the one to the listener that it is handed on to. A thread for each direction reads, which
/// blocks, and writes.
final class RelayedConnection: Sendable {
  /// The client's address.
  let peer: String
  private let client: Int32
  private let listener: Int32
  private let tampering = Mutex<AnswerTampering?>(nil)
  /// How many of the two threads still run; the last one closes what they share.
  private let running = Mutex(2)

  /// How long a client gets to leave after its connection was ended, in milliseconds. Closing at once could take the
  /// answer's end away from it.
  private static let lingeringTime: Int32 = 1000
  /// In Glibc behind a macro that Swift doesn't see.
  private static let peerHasLeft = Int16(0x2000)

  init(client: Int32, listener: Int32, peer: String) {
    self.client = client
    self.listener = listener
    self.peer = peer
    for descriptor in [client, listener] {
      var yes: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  /// Begins to hand on.
  ///
  /// - Parameter ended: called when the connection is over, before its descriptors are anyone else's.
  func start(ended: @escaping @Sendable () -> Void) {
    DetachedThread.start { [self] in
      handOnRequests()
      leave(ended)
    }
    DetachedThread.start { [self] in
      handOnAnswers()
      leave(ended)
    }
  }

  /// From here on, what the listener says until it closes the connection is one answer, and this becomes of it.
  func tamper(_ tampering: AnswerTampering) {
    self.tampering.withLock { $0 = tampering }
  }

  private func leave(_ ended: () -> Void) {
    let isLast = running.withLock { running in
      running -= 1
      return running == 0
    }
    guard isLast else { return }
    ended()
    close(client)
    close(listener)
  }

  private func handOnRequests() {
    var isTaken = true
    while let bytes = Self.read(client) {
      // What nobody takes any more is read all the same: bytes left unread would turn the end into a reset.
      if isTaken { isTaken = Self.write(bytes, to: listener) }
    }
    shutdown(listener, Int32(SHUT_WR))
  }

  private func handOnAnswers() {
    var held: [UInt8] = []
    while let bytes = Self.read(listener) {
      if tampering.withLock({ $0 != nil }) {
        held += bytes
      } else if !Self.write(bytes, to: client) {
        shutdown(listener, Int32(SHUT_RDWR))
        break
      }
    }
    let result = tampering.withLock { $0?.result(held) }
    if let result { _ = Self.write(result.bytes, to: client) }
    if result?.isHeld != true { end() }
  }

  /// Tells the client that nothing more comes, and then stops listening to it.
  private func end() {
    shutdown(client, Int32(SHUT_WR))
    var event = pollfd(fd: client, events: Self.peerHasLeft, revents: 0)
    poll(&event, 1, Self.lingeringTime)
    shutdown(client, Int32(SHUT_RDWR))
  }

  /// What there is; `nil` at the connection's end, of whatever kind.
  private static func read(_ descriptor: Int32) -> ArraySlice<UInt8>? {
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? buffer[..<count] : nil
  }

  /// Whether all of it could be written. That the other side has left is no signal here: SIGPIPE is ignored.
  private static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
