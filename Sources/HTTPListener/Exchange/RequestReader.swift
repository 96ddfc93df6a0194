import CMicroHTTPD
import GatewayCore
import HTTPTypes
import IPAddresses

/// Makes a `Request` of what libmicrohttpd parsed, once it is sure that it parsed what was sent.
struct RequestReader: Sendable {
  let trustedProxies: TrustedProxies
  /// The largest body that is read, in bytes.
  let bodyLimit: Int
  let randomBytes: @Sendable (Int) -> [UInt8]
  /// What libmicrohttpd has for each connection, in bytes.
  let connectionMemory: Int
  /// What has to be left of it for the body and the answer's head, in bytes.
  private static let memoryLeft = 4 * 1024
  /// What libmicrohttpd has for each field and each cookie on its list, in bytes.
  private static let listEntrySize = 64

  /// - Parameters: the three pieces of the request line, where libmicrohttpd has them. Of `url` only the place counts: its
  ///   text ends where the query begins.
  func request(
    _ pending: PendingRequest, url: UnsafePointer<CChar>, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
  ) -> Request {
    let byteCount = cmicrohttpd_header_size(pending.connection)
    var collected = CollectedFields(method: method, target: url, version: version, byteCount: byteCount)
    withUnsafeMutablePointer(to: &collected) { collected in
      _ = MHD_get_connection_values_n(pending.connection, .HEADER_KIND, collectHeaderField, collected)
    }
    let method = String(cString: method)
    let head = RequestHead(
      method: method, target: pending.target, version: String(cString: version), fields: collected.fields,
      offsets: collected.offsets, byteCount: byteCount)
    let peer = cmicrohttpd_peer(pending.connection).flatMap(IPAddress.init)
    var fields: HTTPFields = [:]
    let client: Client
    var violation: FramingViolation?
    do throws(FramingViolation) {
      fields = try Framing.fields(of: head)
      try checkCookies(cmicrohttpd_cookie_count(pending.connection), of: head)
      client = try trustedProxies.client(peer: peer, fields: fields)
    } catch {
      violation = error
      client = TrustedProxies.client(peer)
    }
    return Request(
      id: requestID(fields), method: method, target: RequestTarget(pending.target), fields: fields,
      body: announcesTooMuch(fields) ? .tooLarge : .complete([]),
      client: client, violation: violation)
  }

  /// Nobody reads cookies here; but libmicrohttpd (0.9.75) makes a copy and a list of them where the body would be read into,
  /// and doesn't go on with a connection that has no memory left for that.
  private func checkCookies(_ count: Int32, of head: RequestHead) throws(FramingViolation) {
    let copies = head.fields.reduce(0) { $1.name.lowercased() == "cookie" ? $0 + $1.value.count + 16 : $0 }
    let used = head.byteCount + copies + (head.fields.count + Int(count)) * Self.listEntrySize
    guard used <= connectionMemory - Self.memoryLeft else {
      throw FramingViolation("There are too many cookies, or too long ones. Send none.", code: .headersTooLarge)
    }
  }

  private func requestID(_ fields: HTTPFields) -> RequestID {
    let supplied = fields[values: .xRequestID]
    let taken = supplied.count == 1 ? RequestID(callerSupplied: supplied[0]) : nil
    return taken ?? RequestID(randomBytes: randomBytes(16))
  }

  private func announcesTooMuch(_ fields: HTTPFields) -> Bool {
    fields.contentLength.map { $0 > bodyLimit } ?? false
  }
}

extension HTTPFields {
  /// How many bytes the body has, if they say so.
  var contentLength: Int? {
    first(.contentLength).flatMap { Int($0) }
  }
}
