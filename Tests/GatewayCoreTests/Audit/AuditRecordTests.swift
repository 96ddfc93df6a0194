import FoundationEssentials
import GatewayCore
import TestSupport
import Testing

@Suite("AuditRecord")
struct AuditRecordTests {
  private static let zeros = String(repeating: "0", count: 64)

  @Test("An intent is written as the design shows it")
  func intent() throws {
    var record = AuditRecord(stage: .intent)
    record.requestID = try Sample.requestID()
    record.action = .reject
    record.connectionID = try Sample.connectionID()
    record.caller = Sample.caller
    record.client = Sample.client
    record.userAgent = "curl/8.1"
    record.reason = "CHG-1234"
    #expect(
      line(record)
        == #"{"time":"2026-11-22T16:00:00.000000Z","seq":42,"stage":"intent","requestId":"request-1","#
        + #""action":"connections.reject","connectionId":"c-1234567890","#
        + #""caller":{"token":"9f2c61d0a4b7","name":"runbook-eu"},"#
        + #""client":{"address":"10.1.2.3","peer":"127.0.0.1","userAgent":"curl/8.1"},"reason":"CHG-1234","#
        + "\"prev\":\"\(Self.zeros)\"}\n")
  }

  @Test("An outcome is written with what the caller got and what AWS said")
  func outcome() throws {
    var record = AuditRecord(stage: .outcome)
    record.requestID = try Sample.requestID()
    record.result = AuditResult(
      httpStatus: 404, code: .connectionNotFound, outcome: .notRejected,
      aws: AWSAnswer(
        code: "ResourceNotFoundException", message: "left out", requestID: "r-9", httpStatus: 409, attempts: 1),
      accessKeyID: "AKIDEXAMPLE", durationMilliseconds: 12)
    #expect(
      line(record)
        == #"{"time":"2026-11-22T16:00:00.000000Z","seq":42,"stage":"outcome","requestId":"request-1","#
        + #""httpStatus":404,"code":"connection_not_found","outcome":"not_rejected","#
        + #""aws":{"code":"ResourceNotFoundException","requestId":"r-9","httpStatus":409,"attempts":1},"#
        + #""accessKeyId":"AKIDEXAMPLE","durationMs":12,"#
        + "\"prev\":\"\(Self.zeros)\"}\n")
  }

  @Test("A success has no code")
  func success() {
    var record = AuditRecord(stage: .outcome)
    record.result = AuditResult(httpStatus: 200, code: nil, outcome: .rejected)
    #expect(line(record).contains(#""httpStatus":200,"outcome":"rejected","prev""#))
  }

  @Test("The bounds of a file are written with instance, version and the file before")
  func bounds() {
    var record = AuditRecord(stage: .opened)
    record.bounds = AuditBounds(instance: "i-1", version: "0.1.0", previousFile: "audit.jsonl.1")
    #expect(
      line(record)
        == #"{"time":"2026-11-22T16:00:00.000000Z","seq":42,"stage":"opened","instance":"i-1","version":"0.1.0","#
        + "\"previousFile\":\"audit.jsonl.1\",\"prev\":\"\(Self.zeros)\"}\n")
    record.bounds?.previousFile = nil
    #expect(!line(record).contains("previousFile"))
  }

  @Test("A count of refusals is written with whose they were, how many and since when")
  func suppressed() {
    let suppression = Suppression(address: "2001:db8::/64", count: 950, since: Sample.time)
    #expect(
      line(suppression.record)
        == #"{"time":"2026-11-22T16:00:00.000000Z","seq":42,"stage":"suppressed","client":{"address":"2001:db8::/64"},"#
        + #""count":950,"since":"2026-11-22T16:00:00.000000Z","prev":"# + "\"\(Self.zeros)\"}\n")
  }

  @Test("Keys stand in one fixed order, time first and prev last")
  func keyOrder() throws {
    let text = line(try Self.full())
    let keys = [
      "time", "seq", "stage", "requestId", "action", "connectionId", "path", "caller", "client", "reason", "httpStatus",
      "code", "outcome", "aws", "accessKeyId", "durationMs", "instance", "version", "previousFile", "prev",
    ]
    var rest = Substring(text)
    for key in keys {
      let place = try #require(rest.firstRange(of: "\"\(key)\":"), "\(key) is missing or out of order")
      rest = rest[place.upperBound...]
    }
    #expect(text.hasPrefix("{\"time\":"))
  }

  @Test(
    "A record that knows nothing but its stage has just the keys that every line has",
    arguments: AuditRecord.Stage.allCases)
  func bare(_ stage: AuditRecord.Stage) {
    #expect(
      line(AuditRecord(stage: stage))
        == "{\"time\":\"2026-11-22T16:00:00.000000Z\",\"seq\":42,\"stage\":\"\(stage.rawValue)\","
        + (stage == .recovered ? "\"outcome\":\"unknown\"," : "") + "\"prev\":\"\(Self.zeros)\"}\n"
    )
  }

  @Test("The line carries the hash of the line before as it is given")
  func previous() {
    let hash = String(repeating: "ab", count: 32)
    let bytes = AuditRecord(stage: .closed).line(time: Sample.time, sequence: 1, previous: hash)
    #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\"prev\":\"\(hash)\"}\n"))
  }

  @Test("Whatever callers send, it is one line of valid JSON", arguments: 0..<200 as Range<UInt64>)
  func oneLine(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var record = try Self.full()
    let texts = (0..<5).map { _ in random.text() + "\n\u{2028}\"},{" }
    record.path = texts[0]
    record.userAgent = texts[1]
    record.reason = texts[2]
    record.client = Client(address: texts[3], peer: texts[4])
    let bytes = record.line(time: Sample.time, sequence: 42, previous: Self.zeros)
    #expect(bytes.count(where: { $0 < 0x20 }) == 1)
    #expect(bytes.last == UInt8(ascii: "\n"))
    let read = try JSONDecoder().decode(StrictObject.self, from: Data(bytes)).members
    #expect(read["path"] == .string(texts[0]))
    #expect(read["client"]?["userAgent"] == .string(texts[1]))
    #expect(read["reason"] == .string(texts[2]))
    #expect(read["seq"] == .integer(42))
  }

  /// A record in which everything that can be set is set.
  private static func full() throws -> AuditRecord {
    var record = AuditRecord(stage: .outcome)
    record.requestID = try Sample.requestID()
    record.action = .reject
    record.connectionID = try Sample.connectionID()
    record.path = "/connections/x/reject"
    record.caller = Sample.caller
    record.client = Sample.client
    record.userAgent = "curl/8.1"
    record.reason = "CHG-1234"
    record.result = AuditResult(
      httpStatus: 503, code: .auditUnavailable, outcome: .unknown, aws: AWSAnswer(attempts: 1),
      accessKeyID: "AKIDEXAMPLE",
      durationMilliseconds: 1)
    record.bounds = AuditBounds(instance: "i-1", version: "0.1.0", previousFile: "audit.jsonl.1")
    return record
  }

  private func line(_ record: AuditRecord) -> String {
    String(decoding: record.line(time: Sample.time, sequence: 42, previous: Self.zeros), as: UTF8.self)
  }
}
