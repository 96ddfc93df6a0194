import Clocks
import Digest
import GatewayCore
import Glibc
import TestSupport
import Testing

@testable import GatewayServer

@Suite("FileChecks")
struct FileChecksTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static func entry(_ name: String, endsIn duration: Duration?) -> TokenEntry {
    TokenEntry(
      name: name, hash: GatewayToken(random: SecureRandom.bytes).hash, scopes: [.reject], createdAt: Samples.time,
      expiresAt: duration.map { Samples.time.advanced(by: $0) })
  }

  private static func tokens(_ ends: [Duration?]) -> DoctorReport.Check {
    let tokens = ends.enumerated().map { entry("token-\($0)", endsIn: $1) }
    return FileChecks.tokens(tokens, path: "/t", now: Samples.time)
  }

  @Test("Tokens are counted; those that end soon are warned of, and none in force is a problem")
  func tokens() {
    #expect(Self.tokens([nil, .seconds(-1)]) == .init("tokens", .ok, "/t has 2 tokens, 1 expired"))
    let soon = Self.tokens([nil, .seconds(86_400), .seconds(-1)])
    #expect(soon.status == .warning)
    #expect(soon.detail.contains("1 that will within 14 days") && soon.detail.contains("token rotate"))
    #expect(Self.tokens([.seconds(15 * 86_400)]).status == .ok)
    let rotated = [Self.entry("a", endsIn: .seconds(86_400)), Self.entry("a", endsIn: nil)]
    #expect(FileChecks.tokens(rotated, path: "/t", now: Samples.time).status == .ok)
    for none in [[], [Duration.seconds(-1)]] as [[Duration?]] {
      #expect(Self.tokens(none).status == .problem)
      #expect(Self.tokens(none).detail.contains("token create"))
    }
  }

  @Test("A tokens file that can't be used is a problem, and says what to do")
  func badTokens() throws {
    #expect(FileChecks.tokens(path: folder.file("none"), now: Samples.time).detail.contains("token create"))
    let broken = try folder.write(Array("{".utf8), to: "tokens.json")
    #expect(FileChecks.tokens(path: broken, now: Samples.time).status == .problem)
    let good = try folder.write(Samples.tokensFile(2), to: "good.json")
    #expect(FileChecks.tokens(path: good, now: Samples.time).status == .ok)
  }

  private func audit(_ text: String? = nil) throws -> DoctorReport.Check {
    let path = folder.file("audit.jsonl")
    if let text { try folder.write(Array(text.utf8), to: "audit.jsonl") }
    let check = FileChecks.audit(path: path)
    #expect(check.name == "audit")
    #expect(check.detail.contains(path))
    return check
  }

  private static var line: String {
    var record = AuditRecord(stage: .opened)
    record.bounds = AuditBounds(instance: "0123456789abcdef", version: "0.1.0")
    let bytes = record.line(
      time: Samples.time, sequence: 1, previous: String(repeating: "0", count: 64))
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("A log that isn't there yet will be made, and is not by looking; one that is whole is said to be")
  func audit() throws {
    #expect(try audit().status == .ok)
    #expect(folder.names == [])
    #expect(try audit("").status == .ok)
    let whole = try audit(Self.line)
    #expect(whole.status == .ok)
    #expect(whole.detail.contains("1 record"))
    #expect(try folder.read("audit.jsonl") == Array(Self.line.utf8))
  }

  @Test("A broken chain and a foreign file are problems, a torn line is a warning, with what to do")
  func badAudit() throws {
    for text in [Self.line + Self.line, "hello\n"] {
      let check = try audit(text)
      #expect(check.status == .problem, "\(text)")
      #expect(check.detail.contains("leave it as it is, give --audit-log a new file beside it"))
    }
    for text in [Self.line + Self.line.dropLast(7), Self.line + "hello", String(Self.line.prefix(5)), "\0\0"] {
      let torn = try audit(text)
      #expect(torn.status == .warning, "\(text)")
      #expect(torn.detail.contains("torn") && torn.detail.contains("audit verify"))
    }
    let foreign = try audit("hello")
    #expect(foreign.status == .problem)
    #expect(foreign.detail.hasSuffix("is no audit log; leave it as it is, and give --audit-log another file"))
  }

  @Test("A log that others can read or write is warned of", arguments: [0o644, 0o660, 0o666])
  func openAudit(_ mode: mode_t) throws {
    try folder.write(Array(Self.line.utf8), to: "audit.jsonl")
    chmod(folder.file("audit.jsonl"), mode)
    let check = FileChecks.audit(path: folder.file("audit.jsonl"))
    #expect(check.status == .warning)
    #expect(check.detail.contains("chmod 0640"))
  }

  @Test("A link that leads nowhere is a problem, since serve doesn't make what it leads to")
  func danglingLink() {
    symlink(folder.file("nowhere"), folder.file("audit.jsonl"))
    #expect(FileChecks.audit(path: folder.file("audit.jsonl")).status == .problem)
    #expect(folder.names == ["audit.jsonl"])
  }

  @Test("A folder that isn't there, and what isn't a file, are problems")
  func badPlace() {
    let nowhere = FileChecks.audit(path: folder.file("no/audit.jsonl"))
    #expect(nowhere.status == .problem)
    #expect(nowhere.detail.contains(folder.file("no")) && nowhere.detail.contains("No such file or directory"))
    #expect(FileChecks.audit(path: folder.path).detail.contains("isn't a regular file"))
  }

  @Test("A log that is too large to be read through says so, and who reads it")
  func large() throws {
    let check = try audit(String(repeating: "x", count: (16 << 20) + 1))
    #expect(check.status == .ok)
    #expect(check.detail.contains("audit verify"))
  }
}
