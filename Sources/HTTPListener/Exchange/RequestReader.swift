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
    var client = TrustedProxies.client(peer)
    var violation: FramingViolation?
    do {
      fields = try Framing.fields(of: head)
      client = try trustedProxies.client(peer: peer, fields: fields)
    } catch {
      violation = error
    }
    return Request(
      id: requestID(fields), method: method, target: RequestTarget(pending.target), fields: fields,
      body: announcesTooMuch(fields) ? .tooLarge : .complete([]),
      client: client, violation: violation)
  }

  private func requestID(_ fields: HTTPFields) -> RequestID {
    let supplied = fields[values: .xRequestID]
    let taken = supplied.count == 1 ? RequestID(callerSupplied: supplied[0]) : nil
    return taken ?? RequestID(randomBytes: randomBytes(16))
  }

  private func announcesTooMuch(_ fields: HTTPFields) -> Bool {
    fields[.contentLength].flatMap { Int($0) }.map { $0 > bodyLimit } ?? false
  }
}
