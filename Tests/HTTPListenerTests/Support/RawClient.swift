import Glibc

/// A client's end of a connection, spoken byte by byte.
final class RawClient {
  /// Seconds after which a read that gets nothing gives up.
  private static let patience = 20

  private let descriptor: Int32
  private var received: [UInt8] = []

  /// Connects to a port of 127.0.0.1.
  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw RawClientError.system(errno) }
    var time = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 ? 0 : errno
      }
    }
    // The descriptor is `deinit`'s to close, also of a client that hasn't connected. Closed twice, it may be another
    // test's by the second time.
    guard code == 0 else { throw RawClientError.system(code) }
  }

  deinit {
    Glibc.close(descriptor)
  }

  /// Sends the bytes; stops if the server has closed.
  func send(_ bytes: some Sequence<UInt8>) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func send(_ text: String) {
    send(text.utf8)
  }

  /// Says that nothing more will come.
  func finish() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Goes away at once: the server gets a reset.
  func abort() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// The next answer.
  ///
  /// - Parameter hasBody: `false` for the answer to a HEAD.
  func receive(hasBody: Bool = true) throws -> RawAnswer {
    let end = Array("\r\n\r\n".utf8)
    while received.firstRange(of: end) == nil { try receiveMore() }
    guard let range = received.firstRange(of: end) else { throw RawClientError.closed }
    let lines = String(decoding: received[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
    received.removeSubrange(..<range.upperBound)
    let head = RawAnswer(statusLine: lines.first ?? "", fieldLines: Array(lines.dropFirst()), body: [])
    let length = hasBody ? head.values("content-length").first.flatMap { Int($0) } ?? 0 : 0
    while received.count < length { try receiveMore() }
    let body = Array(received.prefix(length))
    received.removeFirst(length)
    return RawAnswer(statusLine: head.statusLine, fieldLines: head.fieldLines, body: body)
  }

  /// Everything up to the server's close.
  ///
  /// - Throws: if it doesn't close in time.
  func receiveAll() throws -> [UInt8] {
    do {
      while true { try receiveMore() }
    } catch RawClientError.closed {
      defer { received = [] }
      return received
    }
  }

  private func receiveMore() throws {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &block, block.count, 0)
    guard count >= 0 || errno == ECONNRESET else { throw RawClientError.system(errno) }
    guard count > 0 else { throw RawClientError.closed }
    received += block[..<count]
  }
}

enum RawClientError: Error, Equatable {
  /// The server closed the connection.
  case closed
  case system(Int32)
}
