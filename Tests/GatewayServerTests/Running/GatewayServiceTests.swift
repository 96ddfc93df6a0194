import GatewayCore
import Glibc
import HTTPListener
import Logging
import Synchronization
import TestSupport
import Testing
import Threads

@testable import GatewayServer

@Suite("GatewayService", .timeLimit(.minutes(2)))
struct GatewayServiceTests {
  private let folder: TemporaryFolder
  private let log = LogRecorder()

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Samples.tokensFile(1), to: "tokens.json")
  }

  private func settings(
    listen: String = "127.0.0.1:0", adminListen: String = "127.0.0.1:0", tokens: String = "tokens.json",
    audit: String = "audit.jsonl", environment: [String: String] = [:]
  ) throws -> ServeSettings {
    var flags = ServeSettings.Flags()
    flags.listen = listen
    flags.adminListen = adminListen
    flags.tokens = folder.file(tokens)
    flags.auditLog = folder.file(audit)
    let common = [
      "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_OPENSEARCH": "http://127.0.0.1:9",
      "AWS_EC2_METADATA_DISABLED": "true",
    ]
    return try ServeSettings(flags, environment: common.merging(environment) { _, new in new }, isTerminal: false)
  }

  private func startError(_ settings: ServeSettings) -> SettingsError? {
    #expect(throws: SettingsError.self) { _ = try GatewayService(settings, logger: log.logger) }
  }

  @Test("A tokens file that isn't there: the error names --tokens, and no audit log is made")
  func noTokens() throws {
    #expect(startError(try settings(tokens: "missing.json"))?.setting == "--tokens")
    #expect(folder.names == ["tokens.json"])
  }

  @Test("An audit log that can't be opened: the error names --audit-log")
  func noAudit() throws {
    let error = startError(try settings(audit: "missing/audit.jsonl"))
    #expect(error?.setting == "--audit-log")
    #expect(error?.reason.hasSuffix("can't be used: open: No such file or directory") == true)
  }

  @Test("An audit log that isn't one: the error names --audit-log, and the file stays as it is")
  func foreignAudit() throws {
    try folder.write("hello\n".utf8, to: "audit.jsonl")
    #expect(startError(try settings())?.setting == "--audit-log")
    #expect(try folder.read("audit.jsonl") == Array("hello\n".utf8))
  }

  @Test(
    "A file of certificates that has none: the error names AWS_CA_BUNDLE", arguments: ["missing.pem", "tokens.json"])
  func noCertificates(name: String) throws {
    #expect(startError(try settings(environment: ["AWS_CA_BUNDLE": folder.file(name)]))?.setting == "AWS_CA_BUNDLE")
  }

  @Test(
    "A port in use: the error names the flag, and nothing was written to the audit log",
    arguments: ["--listen", "--admin-listen"])
  func portInUse(flag: String) throws {
    let (descriptor, address) = try Self.occupiedPort()
    defer { close(descriptor) }
    let error = startError(
      try settings(
        listen: flag == "--listen" ? address : "127.0.0.1:0", adminListen: flag == "--listen" ? "127.0.0.1:0" : address)
    )
    #expect(error?.description == "\(flag): can't listen on \(address): Address already in use")
    #expect(folder.names == ["tokens.json"])
  }

  @Test("Told to, the service stops: it said where it listens, and its audit log ends in closed")
  func runs() async throws {
    let settings = try settings()
    let thread = Mutex<pthread_t?>(nil)
    let logger = log.logger
    let server = try WorkerThread {
      var signals = Signals()
      guard let service = try? GatewayService(settings, logger: logger) else { return }
      thread.withLock { $0 = pthread_self() }
      service.run(&signals)
    }
    #expect(await eventually { log.lines.filter { $0.message == "listening" }.count == 2 })
    pthread_kill(try #require(thread.withLock { $0 }), SIGTERM)
    server.join()
    let listening = log.lines.filter { $0.message == "listening" }
    #expect(listening.map { $0.metadata["listener"] } == ["public", "admin"])
    #expect(listening.allSatisfy { $0.level == .notice && $0.metadata["address"]?.hasPrefix("127.0.0.1:") == true })
    let audit = try folder.read("audit.jsonl").split(separator: UInt8(ascii: "\n"))
    #expect(audit.count == 2)
    #expect(String(decoding: try #require(audit.last), as: UTF8.self).contains(#""stage":"closed""#))
  }

  /// A port that someone listens on, as `HOST:PORT`.
  private static func occupiedPort() throws -> (descriptor: Int32, address: String) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isListening)
    return (descriptor, "127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
  }
}
