import GatewayCore
import Testing

@Suite("RequestHead")
struct RequestHeadTests {
  @Test(
    "The canonical length is that of the head as curl writes it",
    arguments: [
      "GET / HTTP/1.1\r\n\r\n",
      "GET /livez HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
      "POST /connections/c-1234567890/reject?x=y HTTP/1.0\r\nX-Empty: \r\nHost: é\r\n\r\n",
    ])
  func length(_ raw: String) throws {
    let head = try Self.head(raw)
    #expect(head.canonicalByteCount == raw.utf8.count)
  }

  /// Parts a head that is written in the plain form.
  private static func head(_ raw: String) throws -> RequestHead {
    let lines = raw.split(separator: "\r\n")
    let words = try #require(lines.first).split(separator: " ")
    let fields = try lines.dropFirst().map { line in
      let colon = try #require(line.firstRange(of: ": "))
      return RequestHead.Field(name: String(line[..<colon.lowerBound]), value: Array(line[colon.upperBound...].utf8))
    }
    return RequestHead(
      method: String(words[0]), target: String(words[1]), version: String(words[2]), fields: fields,
      byteCount: raw.utf8.count)
  }
}
