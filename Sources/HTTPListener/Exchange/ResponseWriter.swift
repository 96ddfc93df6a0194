import CMicroHTTPD
import GatewayCore
import Glibc
import HTTPTypes

/// Queues an answer on its connection, inside the access handler.
enum ResponseWriter {
  /// - Parameter isLast: whether the connection ends with it, whatever the answer says.
  static func send(_ answer: Answer, on connection: OpaquePointer, isLast: Bool) -> MHD_Result {
    let answer = isLast ? answer.closingConnection : answer
    switch answer {
    case .response(let response):
      return queue(response, wholeBody(response), on: connection)
    case .cut:
      shutdown(cmicrohttpd_socket(connection), Int32(SHUT_RDWR))
      return .NO
    case .cutShort(let response, let bodyBytes):
      return queue(response, partialBody(response, bodyBytes), on: connection)
    }
  }

  private static func queue(_ response: Response, _ message: OpaquePointer?, on connection: OpaquePointer) -> MHD_Result
  {
    // Out of memory: the connection is closed, since there is nothing left to answer with.
    guard let message else { return .NO }
    defer { MHD_destroy_response(message) }
    for field in response.fields {
      // Spelt out: a String given as it is would be copied first.
      let isAdded = field.name.rawName.withCString { name in
        field.value.withCString { MHD_add_response_header(message, name, $0) }
      }
      guard isAdded == .YES else { return .NO }
    }
    if response.closesConnection {
      guard MHD_add_response_header(message, "Connection", "close") == .YES else { return .NO }
    }
    return MHD_queue_response(connection, UInt32(response.status.code), message)
  }

  private static func wholeBody(_ response: Response) -> OpaquePointer? {
    response.body.withUnsafeBytes { body in
      // The bytes are copied, so the pointer isn't written to, whatever its type says.
      MHD_create_response_from_buffer(
        body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
    }
  }

  private static func partialBody(_ response: Response, _ bodyBytes: Int) -> OpaquePointer? {
    let body = PartialBody(Array(response.body.prefix(bodyBytes)))
    // The response owns the reference; `partialBodyFreed` gives it up.
    return MHD_create_response_from_callback(
      UInt64(response.body.count), 4096, partialBodyRead, Unmanaged.passRetained(body).toOpaque(), partialBodyFreed)
  }
}

/// The bytes of a body that breaks off.
final class PartialBody: Sendable {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Copies what there is from `position` on; how many bytes, or libmicrohttpd's word for "break off".
  func read(from position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let rest = bytes.dropFirst(position).prefix(buffer.count)
    guard !rest.isEmpty else { return CMICROHTTPD_END_WITH_ERROR }
    buffer.copyBytes(from: rest)
    return rest.count
  }
}
