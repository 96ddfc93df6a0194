import GatewayCore
import HTTPTypes

/// A request's head, taken apart as leniently as libmicrohttpd does it: what `Framing` lets through has to be, byte for
/// byte, what the fields are written as.
@Sendable func fuzzHead(_ bytes: [UInt8]) {
  guard let head = LenientHead(bytes) else { return }
  guard let fields = try? Framing.fields(of: head.head) else { return }
  promise(fields.count == head.head.fields.count, "every header is there")
  promise(fields[values: .host].count <= 1 && fields[values: .contentLength].count <= 1, "one host, one length")
  promise(fields[.transferEncoding] == nil, "no other framing")
  promise(head.head.target.utf8.first == UInt8(ascii: "/") && head.head.target.utf8.isVisibleASCII, "a plain target")
  var written = Array("\(head.head.method) \(head.head.target) \(head.head.version)\r\n".utf8)
  for field in fields {
    // Its bytes, which need not be UTF-8.
    written += Array("\(field.name.rawName): ".utf8) + field.withUnsafeBytesOfValue(Array.init) + Array("\r\n".utf8)
  }
  written += Array("\r\n".utf8)
  promise(written.count == head.bytes.count, "a head in the plain form")
  for (wanted, there) in zip(written, head.bytes) where wanted != there {
    // libmicrohttpd overwrites line ends, so that nobody can tell what they were. A tab is as good as a space
    // (RFC 9112, section 5).
    let ends: [UInt8] = [0, 0x0D, 0x0A]
    let isEnd = ends.contains(wanted) && ends.contains(there)
    promise(isEnd || (wanted, there) == (0x20, 0x09), "a head in the plain form")
  }
}

extension HTTPField.Name {
  fileprivate static let host = HTTPField.Name("Host") ?? .cookie
}

/// A head as libmicrohttpd 0.9.75 reads it, in place: a line ends with CRLF, LF or CR; a line that begins with white space
/// goes on with the one before, and both are copied elsewhere; a value ends at its first NUL.
private struct LenientHead {
  private(set) var bytes: [UInt8] = []
  let head: RequestHead

  private struct Line {
    var text: ArraySlice<UInt8>
    var isCopied = false
  }

  /// `nil` if the head has no end, or libmicrohttpd refuses it by itself.
  init?(_ input: [UInt8]) {
    guard let lines = Self.lines(input, head: &bytes), let requestLine = lines.first else { return nil }
    guard let words = Self.words(requestLine.text) else { return nil }
    var fields: [RequestHead.Field] = []
    var offsets = words.dropFirst().map { $0.startIndex - words[0].startIndex }
    for line in lines.dropFirst() {
      let text = line.text.prefix { $0 != 0 }
      guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let value = text[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
      fields.append(RequestHead.Field(name: String(decoding: text[..<colon], as: UTF8.self), value: Array(value)))
      // A byte behind a NUL, where the line's end should be, is seen (`CollectedFields`).
      let isSeen = text.endIndex + 1 < bytes.count && ![0, 0x0D, 0x0A].contains(bytes[text.endIndex + 1])
      offsets += (line.isCopied ? [-1, -1] : [text.startIndex, value.startIndex].map { $0 - words[0].startIndex })
      if isSeen { offsets[offsets.count - 1] = -1 }
    }
    head = RequestHead(
      method: String(decoding: words[0], as: UTF8.self), target: String(decoding: words[1], as: UTF8.self),
      version: String(decoding: words[2], as: UTF8.self), fields: fields, offsets: offsets, byteCount: bytes.count)
  }

  /// Method, target and version: up to the first space, and from the last one on.
  private static func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
    guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20) else { return nil }
    let target = line[first..<last].drop { $0 == 0x20 }
    return [line[..<first], target.prefix { $0 != 0x20 }, line[(last + 1)...]]
  }

  private static func lines(_ input: [UInt8], head: inout [UInt8]) -> [Line]? {
    var lines: [Line] = []
    var rest = input[...]
    while true {
      guard let end = rest.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) else { return nil }
      let text = rest[..<end]
      rest = rest[end...].dropFirst(rest[end...].starts(with: [0x0D, 0x0A]) ? 2 : 1)
      if text.isEmpty {
        head = Array(input[..<rest.startIndex])
        return lines
      }
      if lines.count > 1, let first = text.first, first == 0x20 || first == 0x09 {
        lines[lines.count - 1].text += text.drop { $0 == 0x20 || $0 == 0x09 }
        lines[lines.count - 1].isCopied = true
      } else {
        lines.append(Line(text: text))
      }
    }
  }
}
