import Clocks
import GatewayCore
import Glibc
import TestSupport
import Testing

@testable import AuditLog

@Suite("Syslog")
struct SyslogTests {
  /// A datagram socket that somebody listens on.
  private final class Daemon {
    private let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)

    init(path: String) {
      unlink(path)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      #expect(result == 0)
    }

    deinit {
      close(descriptor)
    }

    /// The next message that is there.
    func receive() -> String? {
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
  }

  private let folder: TemporaryFolder
  private let path: String
  private let sink: SyslogSink

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("log")
    sink = SyslogSink(path: path)
  }

  private func send(_ text: String, stage: AuditRecord.Stage = .intent) throws(CopyFailure) {
    let line = WrittenBatch.Line(stage: stage, bytes: Array((text + "\n").utf8)[...])
    try sink.send(line, time: Samples.time)
  }

  @Test(
    "A message has the form of RFC 5424: the record's time, its stage as MSGID, the line as text",
    arguments: ["gw1", "a.example"])
  func message(hostName: String) {
    let line = WrittenBatch.Line(stage: .suppressed, bytes: Array("{\"a\":\"é\"}\n".utf8)[...])
    #expect(
      SyslogMessage(hostName: hostName, processID: 77).bytes(line, time: Samples.time).text
        == "<86>1 2026-11-22T16:00:00.123456Z \(hostName) connection-gateway 77 suppressed - {\"a\":\"é\"}")
  }

  @Test(
    "A host name that the protocol has no room for is left out",
    arguments: ["", "a b", "ä", String(repeating: "x", count: 256)])
  func hostName(text: String) {
    let line = WrittenBatch.Line(stage: .opened, bytes: Array("{}\n".utf8)[...])
    #expect(
      SyslogMessage(hostName: text, processID: 1).bytes(line, time: Samples.time).text
        == "<86>1 2026-11-22T16:00:00.123456Z - connection-gateway 1 opened - {}")
  }

  @Test("A line arrives as one message, a long one too")
  func arrives() throws {
    let daemon = Daemon(path: path)
    try send("{\"a\":1}")
    #expect(daemon.receive()?.hasSuffix(" intent - {\"a\":1}") == true)
    let long = String(repeating: "x", count: 100_000)
    try send(long)
    #expect(daemon.receive()?.hasSuffix(" intent - \(long)") == true)
    #expect(daemon.receive() == nil)
  }

  @Test("Where no daemon is, a line may pass later; once one is there, it does")
  func away() throws {
    #expect(throws: CopyFailure(reason: "connect: No such file or directory", mayPass: true)) { try send("a") }
    let daemon = Daemon(path: path)
    try send("b")
    #expect(daemon.receive()?.hasSuffix(" b") == true)
  }

  @Test("A daemon that was started anew is found at once")
  func restarted() throws {
    var daemon: Daemon? = Daemon(path: path)
    try send("a")
    #expect(daemon?.receive() != nil)
    daemon = nil
    #expect(throws: CopyFailure(reason: "connect: Connection refused", mayPass: true)) { try send("b") }
    daemon = Daemon(path: path)
    try send("c")
    #expect(daemon?.receive()?.hasSuffix(" c") == true)
    daemon = Daemon(path: path)
    try send("d")
    #expect(daemon?.receive()?.hasSuffix(" d") == true)
  }

  @Test("A line that is larger than the socket takes is given up")
  func tooLarge() throws {
    let daemon = Daemon(path: path)
    #expect(throws: CopyFailure(reason: "send: Message too long", mayPass: false)) {
      try send(String(repeating: "x", count: 4 << 20))
    }
    try send("next")
    #expect(daemon.receive()?.hasSuffix(" next") == true)
  }

  @Test("A daemon that takes nothing holds a line up for a second, and it may pass later")
  func hangs() throws {
    let daemon = Daemon(path: path)
    var failure: CopyFailure?
    while failure == nil {
      do throws(CopyFailure) {
        try send(String(repeating: "x", count: 10_000))
      } catch {
        failure = error
      }
    }
    #expect(failure?.mayPass == true)
    #expect(daemon.receive() != nil)
    try send("next")
  }
}
