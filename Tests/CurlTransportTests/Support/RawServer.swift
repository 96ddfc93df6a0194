import Glibc
import Synchronization
import Threads

/// A server of a test's own on a free loopback port: what happens on each connection is up to its script.
final class RawServer: Sendable {
  private struct State {
    var requests: [RawRequest] = []
    var descriptors: [Int32] = []
    var threads: [WorkerThread] = []
    var isStopping = false
  }

  let port: UInt16
  private let descriptor: Int32
  private let script: @Sendable (RawConnection) -> Void
  private let state = Mutex(State())
  private let accepter = Mutex<WorkerThread?>(nil)

  /// - Parameter script: runs on a thread of its own for each connection; when it returns, the connection is closed.
  init(script: @escaping @Sendable (RawConnection) -> Void) throws {
    let (descriptor, port) = try LoopbackSocket.bound()
    self.descriptor = descriptor
    self.port = port
    self.script = script
    guard listen(descriptor, 1024) == 0 else { throw SocketError(code: errno) }
    let thread = try WorkerThread { [self] in acceptAll() }
    accepter.withLock { $0 = thread }
  }

  /// Every whole request that came, in order.
  var requests: [RawRequest] {
    state.withLock(\.requests)
  }

  var connectionCount: Int {
    state.withLock(\.descriptors.count)
  }

  /// Closes everything and waits for the threads.
  func stop() {
    let descriptors = state.withLock { state in
      state.isStopping = true
      return state.descriptors
    }
    shutdown(descriptor, Int32(SHUT_RDWR))
    accepter.withLock { $0 }?.join()
    descriptors.forEach { shutdown($0, Int32(SHUT_RDWR)) }
    let all = state.withLock { ($0.threads, $0.descriptors) }
    all.1.forEach { shutdown($0, Int32(SHUT_RDWR)) }
    all.0.forEach { $0.join() }
    all.1.forEach { Glibc.close($0) }
    Glibc.close(descriptor)
  }

  private func acceptAll() {
    while true {
      let connection = accept(descriptor, nil, nil)
      guard connection >= 0 else { return }
      serve(connection)
    }
  }

  private func serve(_ descriptor: Int32) {
    let number = state.withLock { state in
      state.descriptors.append(descriptor)
      return state.descriptors.count - 1
    }
    let thread = try? WorkerThread { [self] in
      script(
        RawConnection(number: number, descriptor: descriptor) { request in
          self.state.withLock { $0.requests.append(request) }
        })
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
    state.withLock { state in
      if let thread { state.threads.append(thread) }
    }
  }
}
