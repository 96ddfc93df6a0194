import Clocks
import Glibc

/// Sends each line to the datagram socket of a syslog daemon, and finds it again after it was away.
final class SyslogSink: CopySink {
  private let path: String
  private let message: SyslogMessage
  private var descriptor: Int32?

  init(path: String) {
    var hostName = [CChar](repeating: 0, count: 256)
    gethostname(&hostName, hostName.count - 1)
    self.path = path
    message = SyslogMessage(
      hostName: String(decoding: hostName.prefix(while: { $0 != 0 }).map(UInt8.init(bitPattern:)), as: UTF8.self),
      processID: getpid())
  }

  deinit {
    if let descriptor { close(descriptor) }
  }

  func send(_ line: WrittenBatch.Line, time: Timestamp) throws(CopyFailure) {
    let bytes = message.bytes(line, time: time)
    let wasConnected = descriptor != nil
    do {
      try send(bytes)
    } catch {
      // A daemon that was started anew has another socket at the same path.
      guard wasConnected, descriptor == nil else { throw error }
      try send(bytes)
    }
  }

  private func send(_ bytes: [UInt8]) throws(CopyFailure) {
    let socket = try connected()
    guard Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) < 0 else { return }
    let code = errno
    switch code {
    case EMSGSIZE: throw Self.failure("send", code, mayPass: false)
    // It doesn't take them as fast as they come.
    case EAGAIN, ENOBUFS, EINTR: throw Self.failure("send", code, mayPass: true)
    default:
      close(socket)
      descriptor = nil
      throw Self.failure("send", code, mayPass: true)
    }
  }

  private func connected() throws(CopyFailure) -> Int32 {
    if let descriptor { return descriptor }
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw Self.failure("socket", errno, mayPass: true) }
    // A daemon that hangs holds this thread up no longer than this at a time.
    var timeout = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let code = errno
      close(socket)
      throw Self.failure("connect", code, mayPass: true)
    }
    descriptor = socket
    return socket
  }

  private static func failure(_ operation: String, _ code: Int32, mayPass: Bool) -> CopyFailure {
    CopyFailure(reason: "\(operation): \(String(cString: strerror(code)))", mayPass: mayPass)
  }
}
