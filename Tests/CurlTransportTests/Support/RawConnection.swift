import Glibc

/// The server's end of one connection, spoken byte by byte. Used by the thread that serves it.
final class RawConnection {
  /// Which connection of the server this is, from 0.
  let number: Int
  private let descriptor: Int32
  private let record: (RawRequest) -> Void
  private var received: [UInt8] = []

  init(number: Int, descriptor: Int32, record: @escaping (RawRequest) -> Void) {
    self.number = number
    self.descriptor = descriptor
    self.record = record
  }

  /// The next request, its body included; `nil` if the client closes first.
  func readRequest() -> RawRequest? {
    let end = Array("\r\n\r\n".utf8)
    while received.firstRange(of: end) == nil {
      guard receive() else { return nil }
    }
    guard let range = received.firstRange(of: end) else { return nil }
    let head = String(decoding: received[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
    let length = RawRequest(head: head, body: []).values("content-length").first.flatMap { Int($0) } ?? 0
    received.removeSubrange(..<range.upperBound)
    while received.count < length {
      guard receive() else { return nil }
    }
    let request = RawRequest(head: head, body: Array(received.prefix(length)))
    received.removeFirst(length)
    record(request)
    return request
  }

  func send(_ text: String) {
    send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// A whole answer with a length, after which the connection stays open.
  func answer(_ body: String, status: String = "200 OK", fields: String = "") {
    send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
  }

  /// Says nothing until the client goes.
  func waitForClose() {
    while receive() {}
  }

  /// Closes for both sides. What comes of it is at the client when this returns.
  func close() {
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private func receive() -> Bool {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &block, block.count, 0)
    guard count > 0 else { return false }
    received += block[..<count]
    return true
  }
}
