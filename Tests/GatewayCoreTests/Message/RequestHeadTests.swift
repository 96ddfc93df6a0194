import GatewayCore
import Testing

@Suite("RequestHead")
struct RequestHeadTests {
  @Test(
    "A head as curl writes it is in the plain form",
    arguments: [
      "GET / HTTP/1.1\r\n\r\n",
      "GET /livez HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
      "POST /connections/c-1234567890/reject?x=y HTTP/1.0\r\nX-Empty: \r\nHost: é\r\n\r\n",
    ])
  func plain(_ raw: String) throws {
    let head = try Self.head(raw)
    #expect(head.isPlain)
    #expect(head.plainLayout.byteCount == raw.utf8.count)
  }

  @Test("Two heads of the same length aren't both in the plain form: a bare LF makes up for a second space")
  func compensation() throws {
    let plain = "GET / HTTP/1.1\r\nX-A: 1\r\nX-B: 2\r\n\r\n"
    let head = try Self.head(plain)
    // What a lenient parser finds in "GET / HTTP/1.1\r\nX-A:  1\nX-B: 2\r\n\r\n".
    let other = RequestHead(
      method: head.method, target: head.target, version: head.version, fields: head.fields,
      offsets: [4, 6, 16, 22, 24, 29], byteCount: plain.utf8.count)
    #expect(head.offsets == [4, 6, 16, 21, 24, 29])
    #expect(!other.isPlain)
  }

  /// Parts a head that is written in the plain form, and tells where its pieces stand.
  private static func head(_ raw: String) throws -> RequestHead {
    let bytes = Array(raw.utf8)
    var fields: [RequestHead.Field] = []
    let lineEnd = try #require(bytes.firstRange(of: Array("\r\n".utf8)))
    let words = bytes[..<lineEnd.lowerBound].split(separator: UInt8(ascii: " "))
    var offsets = words.dropFirst().map(\.startIndex)
    var rest = bytes[lineEnd.upperBound...]
    while let end = rest.firstRange(of: Array("\r\n".utf8)), end.lowerBound > rest.startIndex {
      let colon = try #require(rest.firstRange(of: Array(": ".utf8)))
      offsets += [rest.startIndex, colon.upperBound]
      fields.append(
        RequestHead.Field(
          name: String(decoding: rest[..<colon.lowerBound], as: UTF8.self),
          value: Array(rest[colon.upperBound..<end.lowerBound])))
      rest = rest[end.upperBound...]
    }
    let line = words.map { String(decoding: $0, as: UTF8.self) }
    return RequestHead(
      method: line[0], target: line[1], version: line[2], fields: fields, offsets: offsets, byteCount: bytes.count)
  }
}
