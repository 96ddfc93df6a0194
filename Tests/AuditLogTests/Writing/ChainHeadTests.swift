import Digest
import GatewayCore
import Testing

@testable import AuditLog

@Suite("ChainHead")
struct ChainHeadTests {
  @Test("Nothing written yet: number 0 and 64 zeros")
  func empty() throws {
    let head = try ChainHead(tail: [])
    #expect(head.sequence == 0)
    #expect(head.hash == "0000000000000000000000000000000000000000000000000000000000000000")
  }

  @Test("The head is the last line's number and the SHA-256 of that line with its LF")
  func lastLine() throws {
    let lines = Samples.log([Samples.intent(1), Samples.outcome(1), Samples.denied(2)])
    let head = try ChainHead(tail: lines.flatMap { $0 })
    #expect(head.sequence == 3)
    #expect(head.hash == Hex.encode(SHA256.digest(lines[2])))
  }

  @Test("A tail that begins inside a line is enough, if the last line is whole")
  func cutTail() throws {
    let lines = Samples.log([Samples.intent(1), Samples.outcome(1)])
    let whole = try ChainHead(tail: lines.flatMap { $0 })
    let cut = try ChainHead(tail: Array(lines.flatMap { $0 }.suffix(lines[1].count + 10)))
    #expect(cut == whole)
  }

  @Test("A last line without its LF is torn, however much of it is there", arguments: [1, 40, 200])
  func torn(byteCount: Int) {
    let lines = Samples.log([Samples.intent(1), Samples.outcome(1)])
    let error = #expect(throws: AuditUnavailable.self) { try ChainHead(tail: lines[0] + lines[1].prefix(byteCount)) }
    #expect(error?.reason.contains("torn line") == true)
  }

  @Test(
    "A last line that isn't an audit record is refused",
    arguments: [
      "hello\n", "\n", "{}\n", "[]\n", "{\"time\":\"t\",\"seq\":\"1\",\"stage\":\"opened\",\"prev\":\"\"}\n",
      "{\"time\":\"t\",\"seq\":1,\"stage\":\"opened\"}\n", "\0\0\0\0\n",
    ])
  func foreign(text: String) {
    let error = #expect(throws: AuditUnavailable.self) { try ChainHead(tail: Array(text.utf8)) }
    #expect(error?.reason.contains("isn't an audit record") == true)
  }
}
