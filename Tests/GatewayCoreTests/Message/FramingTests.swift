import GatewayCore
import HTTPTypes
import Testing

@Suite("Framing")
struct FramingTests {
  /// A head that was parsed from `raw`, as a lenient parser takes it.
  struct Message: Sendable, CustomTestStringConvertible {
    var method = "POST"
    var target = "/connections/c-1234567890/reject"
    var version = "HTTP/1.1"
    var fields: [(String, String)] = [("Host", "gateway.example")]
    /// What stood on the wire, if it isn't the plain form of the above.
    var raw: String?
    /// Where the pieces stood on the wire, if it isn't where the plain form has them.
    var offsets: [Int]?

    var testDescription: String { raw ?? "\(method) \(target) \(version) \(fields)" }

    var head: RequestHead {
      let plain = RequestHead(
        method: method, target: target, version: version,
        fields: fields.map { RequestHead.Field(name: $0, value: Array($1.utf8)) }, offsets: [], byteCount: 0)
      let layout = plain.plainLayout
      return RequestHead(
        method: method, target: target, version: version, fields: plain.fields, offsets: offsets ?? layout.offsets,
        byteCount: raw?.utf8.count ?? layout.byteCount)
    }
  }

  @Test("A plain head gives its fields, in their order and with their values")
  func plain() throws {
    let fields = try Framing.fields(
      of: Message(fields: [
        ("Host", "[::1]:8080"), ("Content-Length", "17"), ("X-A", "1"), ("X-A", "2"), ("X-B", "é ü"),
      ]).head)
    #expect(fields.map(\.name.rawName) == ["Host", "Content-Length", "X-A", "X-A", "X-B"])
    #expect(fields[values: .contentLength] == ["17"])
    #expect(fields.map(\.value).last == "é ü")
  }

  @Test("HTTP/1.0 may come without a Host")
  func oldVersion() throws {
    #expect(try Framing.fields(of: Message(version: "HTTP/1.0", fields: []).head).isEmpty)
  }

  @Test(
    "A request line that isn't a method, a path and a known version is refused",
    arguments: [
      Message(version: "HTTP/2.0"), Message(version: "HTTP/0.9"), Message(version: "http/1.1"),
      Message(version: "HTTP/1.10"),
      Message(version: ""), Message(method: ""), Message(method: "PO ST"), Message(method: "POST\u{0}"),
      Message(method: "P@ST"),
      Message(target: ""), Message(target: "*"), Message(target: "http://gateway.example/livez"),
      Message(target: "connections/x"), Message(target: "/a b"), Message(target: "/a\tb"), Message(target: "/a#b"),
      Message(target: "/a\u{0}b"), Message(target: "/é"), Message(target: "/a\u{7F}"), Message(target: "/a\r\nHost: x"),
      Message(target: "/a\\b"), Message(target: "/a|b"), Message(target: "/a?b=\"c\""), Message(target: "/<a>"),
      Message(target: "/{id}"), Message(target: "/a^b"), Message(target: "/a`b"),
    ])
  func requestLine(_ message: Message) {
    expectInvalid(message)
  }

  @Test(
    "A header name that isn't a token is refused",
    arguments: ["", "X Y", "X:Y", "X\tY", "Host ", " X", "X\u{0}", "X\n", "Ké", "X(", "X@Y", "X\"", "X/Y"])
  func name(_ name: String) {
    expectInvalid(Message(fields: [("Host", "gateway.example"), (name, "1")]))
  }

  @Test(
    "A header value with control characters, or with white space at its ends, is refused, and the header named",
    arguments: ["a\u{0}b", "a\rb", "a\nb", "a\r\nX: y", "a\u{1B}b", "a\u{7F}b", " a", "a ", "\ta", "a\t"])
  func value(_ value: String) {
    let message = Message(fields: [("Host", "gateway.example"), ("X-Value", value)])
    expectInvalid(message)
    #expect(violation(message)?.detail.contains("The value of the header X-Value has control characters") == true)
  }

  @Test(
    "Any Transfer-Encoding is refused as not implemented",
    arguments: ["chunked", "identity", "gzip, chunked", "", "xchunked"])
  func transferEncoding(_ value: String) {
    for fields in [[("Transfer-Encoding", value)], [("Content-Length", "3"), ("transfer-ENCODING", value)]] {
      let error = violation(Message(fields: [("Host", "gateway.example")] + fields))
      #expect(error?.code == .notImplemented)
    }
  }

  /// Each is taken by a lenient parser for the same plain head, and differs from it in length.
  static let secondReadings = [
    Message(raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost:gateway.example\r\n\r\n"),
    Message(raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost:  gateway.example\r\n\r\n"),
    Message(raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost : gateway.example\r\n\r\n"),
    Message(raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost: gateway.example \r\n\r\n"),
    Message(raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost: gateway.example\n\n"),
    Message(raw: "POST /connections/c-1234567890/reject HTTP/1.1\nHost: gateway.example\r\n\r\n"),
    Message(raw: "POST  /connections/c-1234567890/reject HTTP/1.1\r\nHost: gateway.example\r\n\r\n"),
    Message(raw: "\r\nPOST /connections/c-1234567890/reject HTTP/1.1\r\nHost: gateway.example\r\n\r\n"),
    Message(raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost: gateway.example\u{0}evil\r\n\r\n"),
    Message(raw: "POST /connections/c-1234567890/reject\u{0}x HTTP/1.1\r\nHost: gateway.example\r\n\r\n"),
    Message(
      raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost: gateway.example\r\n: x\r\nContent-Length: 9\r\n\r\n"
    ),
    Message(
      fields: [("Host", "gateway.example"), ("X-A1", "2")],
      raw: "POST /connections/c-1234567890/reject HTTP/1.1\r\nHost: gateway.example\r\nX-A: 1\r\n 2\r\n\r\n"),
  ]

  @Test("A head that wasn't written in the plain form is refused by its length alone", arguments: secondReadings)
  func canonicalSize(_ message: Message) {
    expectInvalid(message)
  }

  @Test("Each of those heads would pass if its length were that of the plain form", arguments: secondReadings)
  func canonicalSizeAlone(_ message: Message) {
    var plain = message
    plain.raw = nil
    #expect(violation(plain) == nil)
  }

  @Test("A head that is a single byte longer or shorter than its fields is refused", arguments: [-1, 1])
  func oneByte(_ difference: Int) {
    let head = Message().head
    let other = RequestHead(
      method: head.method, target: head.target, version: head.version, fields: head.fields, offsets: head.offsets,
      byteCount: head.byteCount + difference)
    #expect(throws: FramingViolation.self) { try Framing.fields(of: other) }
  }

  @Test("A head of the right length is refused if a single piece isn't in its place", arguments: 0..<6, [-1, 1])
  func onePlace(_ piece: Int, _ difference: Int) {
    var message = Message(fields: [("Host", "gateway.example"), ("X-A", "1")])
    var offsets = message.head.offsets
    #expect(offsets.count == 6)
    offsets[piece] += difference
    message.offsets = offsets
    expectInvalid(message)
  }

  @Test("A head is refused if there are places for fewer pieces or for more than it has")
  func places() {
    let offsets = Message().head.offsets
    expectInvalid(Message(offsets: Array(offsets.dropLast())))
    expectInvalid(Message(offsets: offsets + [100]))
  }

  @Test(
    "There has to be exactly one Host, and it has to be a host",
    arguments: [
      [], [("Host", "a"), ("Host", "a")], [("Host", "a"), ("host", "b")], [("Host", "a b")], [("Host", "a,b")],
      [("Host", "a/b")], [("Host", "user@a")], [("Host", "é")], [("Host", "a?b")], [("Host", "a\\b")],
      [("Host", "")],
    ])
  func host(_ fields: [(String, String)]) {
    expectInvalid(Message(fields: fields))
  }

  @Test("Two Hosts are refused in HTTP/1.0 as well")
  func oldVersionHosts() {
    expectInvalid(Message(version: "HTTP/1.0", fields: [("Host", "a"), ("Host", "a")]))
  }

  @Test(
    "A header that decides where the message ends or who sends it stands once, even if both say the same",
    arguments: ["Content-Length", "Authorization", "Content-Type"])
  func once(_ name: String) {
    #expect(violation(Message(fields: [("Host", "a"), (name, "1")])) == nil)
    expectInvalid(Message(fields: [("Host", "a"), (name, "1"), (name.lowercased(), "1")]))
  }

  @Test(
    "A Content-Length that isn't plain digits is refused",
    arguments: ["", "+5", "-5", "5, 5", "0x5", "5.0", "5 5", "１", "1234567890123456789", "five"])
  func contentLength(_ value: String) {
    expectInvalid(Message(fields: [("Host", "a"), ("Content-Length", value)]))
  }

  @Test("A head of 16 KiB is read, and one of a byte more is refused as too large")
  func limit() {
    let rest = Message(fields: [("Host", "a"), ("X", "")]).head.byteCount
    let value = String(repeating: "v", count: 16 * 1024 - rest)
    #expect(violation(Message(fields: [("Host", "a"), ("X", value)])) == nil)
    #expect(violation(Message(fields: [("Host", "a"), ("X", value + "v")]))?.code == .headersTooLarge)
  }

  @Test("A hundred headers are read, and one more is refused as too many")
  func fieldLimit() {
    let fields = [("Host", "a")] + Array(repeating: ("X", "y"), count: 99)
    #expect(violation(Message(fields: fields)) == nil)
    #expect(violation(Message(fields: fields + [("X", "y")]))?.code == .headersTooLarge)
  }

  @Test("Of several violations the first in the order of the message is named")
  func order() {
    let chunked = [("Host", "a"), ("Host", "b"), ("Transfer-Encoding", "chunked")]
    #expect(violation(Message(version: "HTTP/3.0", fields: chunked))?.detail.contains("HTTP/1.1") == true)
    #expect(violation(Message(fields: chunked))?.code == .notImplemented)
  }

  private func violation(_ message: Message) -> FramingViolation? {
    do {
      _ = try Framing.fields(of: message.head)
      return nil
    } catch {
      return error
    }
  }

  private func expectInvalid(_ message: Message, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(violation(message)?.code == .invalidRequest, sourceLocation: sourceLocation)
  }
}
