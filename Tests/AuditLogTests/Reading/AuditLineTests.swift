import GatewayCore
import TestSupport
import Testing

@testable import AuditLog

/// What is a line of the log and what isn't, by the rules that stand in `AuditRecord`.
@Suite("AuditLine")
struct AuditLineTests {
  private static let hash: String = Samples.hash
  private static let start: String = #"{"time":"2026-11-22T16:00:00.123456Z","seq":42,"stage":"#
  private static let ending: String = ",\"prev\":\"\(hash)\"}\n"
  private static let caller: String = #""caller":{"token":"9f2c61d0a4b7","name":"runbook-eu"}"#
  private static let client: String = #""client":{"address":"10.1.2.3","peer":"127.0.0.1"}"#

  /// A line of these members.
  private static func line(_ stage: String, _ members: String...) -> String {
    start + (["\"\(stage)\""] + members).joined(separator: ",") + ending
  }

  private static func isValid(_ text: String) -> Bool {
    (try? AuditLine(Array(text.utf8))) != nil
  }

  /// A valid line of every stage, with everything in it that there may be.
  private static let full: [String] = [
    line("opened", #""instance":"a1b2c3d4e5f60718","version":"0.1.0","previousFile":"audit.jsonl.1","openIntents":3"#),
    line("closed", #""instance":"a1b2c3d4e5f60718","version":"0.1.0""#),
    line(
      "intent", #""requestId":"r-1","action":"connections.reject","connectionId":"c-1234567890""#, caller,
      #""client":{"address":"10.1.2.3","peer":"127.0.0.1","userAgent":"curl/8.1"},"reason":"CHG-1234""#),
    line(
      "outcome", #""requestId":"r-1","action":"connections.reject","connectionId":"c-1234567890""#, caller, client,
      #""httpStatus":409,"code":"connection_not_rejectable","outcome":"not_rejected","#
        + #""aws":{"code":"ConflictException","requestId":"r-9","httpStatus":409,"attempts":2},"#
        + #""tries":[{"operation":"reject","ending":"no_answer"},{"operation":"look_up","ending":"answered","code":"X","#
        + #""requestId":"r-8","httpStatus":500}],"sharedWith":"r-0","accessKeyId":"AKIDEXAMPLE","durationMs":12"#),
    line(
      "denied", #""requestId":"r-1","action":"connections.reject","connectionId":"c-1234567890","path":"/x""#, caller,
      client, #""httpStatus":403,"code":"insufficient_scope","outcome":"not_sent""#),
    line("suppressed", #""client":{"address":"10.1.2.3"},"count":17,"since":"2026-11-22T16:00:00.000000Z""#),
    line(
      "recovered", #""requestId":"r-1","action":"connections.reject","connectionId":"c-1234567890""#, caller, client,
      #""outcome":"unknown","recovers":41"#),
    line("checkpoint", #""keyId":"0123456789abcdef","signature":""# + String(repeating: "a", count: 85) + #"w==""#),
  ]

  /// A line whose reason is this, as it stands between the quotes.
  private static func reason(_ text: String) -> String {
    full[2].replacing("CHG-1234", with: text)
  }

  @Test("A line of each stage with everything in it", arguments: full)
  func eachStage(line: String) throws {
    let record = try AuditLine(Array(line.utf8))
    #expect(record.sequence == 42)
    #expect(record.time == "2026-11-22T16:00:00.123456Z")
    #expect(record.previous == Self.hash)
    #expect(line.contains("\"stage\":\"\(record.stage.rawValue)\""))
  }

  @Test("There is such a line for every stage")
  func stages() throws {
    #expect(try Self.full.map { try AuditLine(Array($0.utf8)).stage } == AuditRecord.Stage.allCases)
  }

  @Test(
    "What the writer makes of any record is valid, and says what the record said", arguments: 0..<200 as Range<UInt64>)
  func written(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var record = Samples.intent(1)
    record.reason = random.text()
    record.userAgent = random.text()
    var denied = Samples.denied(2)
    denied.path = random.text()
    var opened = Samples.opened(previousFile: random.text())
    opened.bounds?.previousFile = random.text()
    for record in [record, denied, opened, Samples.outcome(3), Samples.closed] {
      let line = record.line(time: Samples.time, sequence: 7, previous: Self.hash)
      let read = try AuditLine(line)
      #expect(read.stage == record.stage)
      #expect(read.requestID == record.requestID?.description ?? "")
      #expect(read.connectionID == record.connectionID?.description ?? "")
      #expect(read.previousFile == record.bounds?.previousFile)
    }
  }

  @Test("A member taken out makes a line invalid, unless it may be missing", arguments: full)
  func missingMember(line: String) throws {
    let optional = [
      "previousFile", "openIntents", "connectionId", "userAgent", "reason", "code", "requestId", "httpStatus", "aws",
      "tries", "sharedWith", "accessKeyId", "durationMs", "action", "path", "caller", "client",
    ]
    for member in Self.members(of: line) {
      let without = line.replacing("," + member, with: "")
      guard without != line, Self.isValid(without) else { continue }
      let name = String(member.dropFirst().prefix { $0 != "\"" })
      #expect(optional.contains(name), "\(without)")
    }
    // No line can do without these.
    for name in ["time", "seq", "stage", "prev"] {
      let member = try #require(Self.members(of: line).first { $0.hasPrefix("\"\(name)\":") })
      let without = line.replacing(member + ",", with: "").replacing("," + member, with: "")
      #expect(without != line && !Self.isValid(without), "\(without)")
    }
  }

  @Test("Members in another order, or twice, make a line invalid", arguments: full)
  func order(line: String) {
    let members = Self.members(of: line)
    for (first, second) in zip(members, members.dropFirst()) {
      let swapped = line.replacing("\(first),\(second)", with: "\(second),\(first)")
      #expect(swapped == line || !Self.isValid(swapped), "\(swapped)")
      #expect(!Self.isValid(line.replacing(first, with: "\(first),\(first)")), "\(first) twice")
    }
  }

  @Test("A member that no record has, anywhere, makes a line invalid", arguments: full)
  func unknownMember(line: String) {
    for member in Self.members(of: line) {
      #expect(!Self.isValid(line.replacing(member, with: "\"more\":1,\(member)")))
      #expect(!Self.isValid(line.replacing(member, with: "\(member),\"more\":1")))
    }
  }

  @Test("White space between tokens makes a line invalid", arguments: full)
  func whiteSpace(line: String) {
    for token in [#"{"time""#, #","seq""#, #":42"#, #""}"#, "}\n"] {
      for space in [" ", "\t", "\n", "\r"] {
        let changed = line.replacing(token, with: "\(token.dropLast(token.count - 1))\(space)\(token.dropFirst())")
        #expect(changed != line && !Self.isValid(changed), "\(token)")
      }
    }
    #expect(!Self.isValid(" " + line))
    #expect(!Self.isValid(line + "\n"))
    #expect(!Self.isValid(line + line))
    #expect(!Self.isValid(String(line.dropLast())))
    #expect(!Self.isValid(line.dropLast() + "\r\n"))
  }

  @Test("No line is a text that is cut off somewhere", arguments: full)
  func cutOff(line: String) {
    let bytes = Array(line.utf8)
    for count in 0..<bytes.count {
      #expect((try? AuditLine(Array(bytes[..<count]))) == nil, "\(count)")
      // With all but the LF gone, the LF makes it whole again.
      #expect(
        count == bytes.count - 1 || (try? AuditLine(Array(bytes[..<count]) + [UInt8(ascii: "\n")])) == nil,
        "\(count) and LF")
    }
  }

  @Test(
    "Times that are none",
    arguments: [
      "2026-11-22T16:00:00.12345Z", "2026-11-22T16:00:00.1234567Z", "2026-11-22T16:00:00Z",
      "2026-11-22 16:00:00.123456Z",
      "2026-11-22T16:00:00.123456z", "2026-11-22T16:00:00.123456", "2026-11-22T16:00:00.123456+00:00",
      "2026-13-22T16:00:00.123456Z", "2026-00-22T16:00:00.123456Z", "2026-11-31T16:00:00.123456Z",
      "2026-11-00T16:00:00.123456Z", "2026-02-29T16:00:00.123456Z", "2100-02-29T16:00:00.123456Z",
      "2026-11-22T24:00:00.123456Z", "2026-11-22T16:60:00.123456Z", "2026-11-22T16:00:60.123456Z",
      "0000-11-22T16:00:00.123456Z", "+026-11-22T16:00:00.123456Z", "",
    ])
  func badTimes(time: String) {
    for line in Self.full {
      #expect(!Self.isValid(line.replacing("2026-11-22T16:00:00.123456Z", with: time)))
    }
    #expect(!Self.isValid(Self.full[5].replacing("2026-11-22T16:00:00.000000Z", with: time)))
  }

  @Test(
    "Times that are rare",
    arguments: [
      "2024-02-29T00:00:00.000000Z", "2000-02-29T23:59:59.999999Z", "9999-12-31T00:00:00.000000Z",
      "0001-01-01T00:00:00.000000Z", "1969-12-31T00:00:00.000001Z", "2026-04-30T00:00:00.000000Z",
    ])
  func rareTimes(time: String) {
    #expect(Self.isValid(Self.full[1].replacing("2026-11-22T16:00:00.123456Z", with: time)))
  }

  @Test(
    "Numbers that are none",
    arguments: [
      "0", "-1", "042", "4.2", "4e2", "1000000000000000000", "9223372036854775808", "\"42\"", "null", "true", "", "+42",
    ])
  func badNumbers(number: String) {
    #expect(!Self.isValid(Self.full[1].replacing("\"seq\":42", with: "\"seq\":\(number)")))
    #expect(!Self.isValid(Self.full[5].replacing("\"count\":17", with: "\"count\":\(number)")))
    #expect(
      number == "0" || !Self.isValid(Self.full[3].replacing("\"durationMs\":12", with: "\"durationMs\":\(number)")))
    #expect(!Self.isValid(Self.full[4].replacing("\"httpStatus\":403", with: "\"httpStatus\":\(number)")))
  }

  @Test("Numbers at their bounds")
  func numbersAtBounds() {
    #expect(Self.isValid(Self.full[1].replacing("\"seq\":42", with: "\"seq\":999999999999999999")))
    #expect(Self.isValid(Self.full[3].replacing("\"durationMs\":12", with: "\"durationMs\":0")))
    #expect(!Self.isValid(Self.full[4].replacing("\"httpStatus\":403", with: "\"httpStatus\":99")))
    #expect(!Self.isValid(Self.full[4].replacing("\"httpStatus\":403", with: "\"httpStatus\":1000")))
    #expect(!Self.isValid(Self.full[6].replacing("\"recovers\":41", with: "\"recovers\":42")))
  }

  @Test(
    "Names that are none",
    arguments: [
      (#""stage":"intent""#, #""stage":"Intent""#), (#""stage":"intent""#, #""stage":"""#),
      (#""requestId":"r-1""#, #""requestId":"""#), (#""requestId":"r-1""#, #""requestId":"r 1""#),
      (#""requestId":"r-1""#, #""requestId":"r\u002d1""#), ("c-1234567890", "C-1234567890"),
      ("c-1234567890", "c-1234567"),
      ("c-1234567890", "1-1234567890"), ("connections.reject", "Connections.reject"), ("connections.reject", ""),
      ("9f2c61d0a4b7", "9F2C61D0A4B7"), ("9f2c61d0a4b7", "9f2c61d0a4b"), ("runbook-eu", "run book"), ("runbook-eu", ""),
      (hash, "A" + hash.dropFirst()), (hash, String(hash.dropFirst())), (hash, hash + "0"),
    ] as [(String, String)])
  func badNames(name: String, other: String) {
    let changed = Self.full[2].replacing(name, with: other)
    #expect(changed != Self.full[2] && !Self.isValid(changed))
  }

  @Test(
    "Signatures that aren't 64 bytes in base64's one form",
    arguments: ["x==", "aaw==", "aaaw==", "aw=", "a-w==", "aw==="])
  func badSignatures(ending: String) {
    let changed = Self.full[7].replacing("aw==", with: ending)
    #expect(changed != Self.full[7] && !Self.isValid(changed))
  }

  @Test("An outcome, a recovery and a count of refusals that can't be")
  func badValues() {
    #expect(!Self.isValid(Self.full[3].replacing("\"outcome\":\"not_rejected\"", with: "\"outcome\":\"accepted\"")))
    #expect(!Self.isValid(Self.full[6].replacing("\"outcome\":\"unknown\"", with: "\"outcome\":\"rejected\"")))
    #expect(
      !Self.isValid(Self.full[5].replacing("\"address\":\"10.1.2.3\"", with: Self.client.dropFirst(10).dropLast())))
    #expect(!Self.isValid(Self.full[0].replacing(#""previousFile":"audit.jsonl.1","#, with: "")))
    #expect(!Self.isValid(Self.full[3].replacing("\"tries\":[{", with: "\"tries\":[],\"x\":[{")))
  }

  @Test(
    "Text in the form that the log has it in",
    arguments: [
      "", " ~", #"\"\\\n\r\t"#, #"\u0000\u0008\u000c\u001f\u007f\u0080\u009f"#, "é ü € 日本 😀",
      #"\u00e9\u20ac\ud83d\ude00"#,
      #"\u2028\u2029\u202e\ufeff"#, "\u{202E}\u{FEFF}\u{A0}\u{FFFF}\u{10FFFF}", #"\ud800\udc00\udbff\udfff"#, "/<>&'",
    ])
  func text(_ text: String) {
    #expect(Self.isValid(Self.reason(text)))
  }

  @Test(
    "Text in another form",
    arguments: [
      "\t", "\u{0}", "\u{1F}", "\u{7F}", "\u{80}", "\u{9F}", "\u{2028}", "\u{2029}", #"\"#, #"\/"#, #"\b"#, #"\f"#,
      #"\u000a"#,
      #"\u0009"#, #"\u000d"#, #"\u0022"#, #"\u005c"#, #"\u0041"#, #"\u0020"#, #"\u007e"#, #"\u00E9"#, #"\u00e"#, #"\u"#,
      #"\U000000e9"#, #"\ud83d"#, #"\ude00"#, #"\ud83d\u0041"#, #"\ud83dx"#, #"\ude00\ud83d"#, #"\ud83d\ud83d"#, #"""#,
    ])
  func badText(_ text: String) {
    #expect(!Self.isValid(Self.reason(text)))
  }

  @Test(
    "Bytes that aren't well-formed UTF-8",
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xC2, 0x9F], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x28, 0xA1], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE],
    ] as [[UInt8]])
  func badUTF8(bytes: [UInt8]) {
    let parts = Self.full[2].split(separator: "CHG-1234").map { Array($0.utf8) }
    #expect((try? AuditLine(parts[0] + bytes + parts[1])) == nil)
  }

  @Test("A line of the greatest length, and one byte more")
  func length() {
    let room = AuditRecord.lineLimit - Self.reason("").utf8.count
    #expect(Self.isValid(Self.reason(String(repeating: "x", count: room))))
    #expect(!Self.isValid(Self.reason(String(repeating: "x", count: room + 1))))
  }

  /// The members that stand in the line, those in objects included, as they are written. Not those that hold objects.
  private static func members(of line: String) -> [String] {
    line.matches(of: /"[A-Za-z]+":("[^"]*"|[0-9]+)/).map { String($0.output.0) }
  }
}
