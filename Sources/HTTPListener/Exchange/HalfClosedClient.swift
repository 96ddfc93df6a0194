import GatewayCore
import Glibc
import HTTPTypes

/// Answers a client that has closed its half of the connection after its request, as `nc -N` and `socat` do, and HTTP allows
/// (RFC 9112, section 9.6).
///
/// libmicrohttpd 0.9.75 may read that end when the connection is resumed; then it takes the client for gone and drops the
/// answer that is ready. So this answer is written by us, while the connection is still suspended.
enum HalfClosedClient {
  /// Whether the next thing to read is the client's end.
  static func isThere(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
  }

  /// Writes the answer without waiting. A client that is gone, or takes too little, gets no more than libmicrohttpd would have
  /// given it.
  ///
  /// - Parameter bodyBytes: how much of the body is sent.
  static func send(_ response: Response, bodyBytes: Int, to descriptor: Int32) {
    let bytes = head(of: response) + response.body.prefix(bodyBytes)
    // Room for all of it at once, as far as the system allows: nobody writes the rest later.
    var size = Int32(clamping: bytes.count)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    _ = bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
  }

  private static func head(of response: Response) -> [UInt8] {
    var lines = ["HTTP/1.1 \(response.status.code) \(response.status.reasonPhrase)", "Date: \(date())"]
    lines += response.fields.map { "\($0.name.rawName): \($0.value)" }
    if response.status.code != 204 { lines.append("Content-Length: \(response.body.count)") }
    lines.append("Connection: close")
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// Now, as RFC 9110, section 5.6.7 wants it.
  private static func date() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
