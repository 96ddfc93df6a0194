import CMicroHTTPD
import GatewayCore
import Glibc
import IPAddresses

// Every function that libmicrohttpd calls. They are named functions, since a closure literal handed to C from isolated
// code dies on C's thread. The `context` of the first four is the `Listener`, not owned: it stops the daemon before it
// goes. A connection's own context is its `ConnectionSlot`, retained when it begins and released when it ends; the parked
// one of `Daemon` has none. What `requestLineRead` returns is the `PendingRequest`, which the slot owns.

/// A connection begins, or is about to be closed.
func connectionChanged(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
  guard let context, let connection else { return }
  let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
  let descriptor = cmicrohttpd_socket(connection)
  if code.rawValue == CMICROHTTPD_CONNECTION_STARTED {
    guard !Daemon.isParked(connection) else { return }
    let slot = ConnectionSlot(completed: listener.completed)
    socketContext?.pointee = Unmanaged.passRetained(slot).toOpaque()
    listener.connections.opened(descriptor)
  } else if let slot = socketContext?.pointee {
    Unmanaged<ConnectionSlot>.fromOpaque(slot).takeRetainedValue().end()
    socketContext?.pointee = nil
    listener.watch.closed(descriptor)
    listener.connections.closed(descriptor)
  }
}

private func slot(of connection: OpaquePointer) -> ConnectionSlot? {
  cmicrohttpd_context(connection).map { Unmanaged<ConnectionSlot>.fromOpaque($0).takeUnretainedValue() }
}

/// The request line was read: makes the object that stands for the request.
func requestLineRead(
  _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let context, let connection, let slot = slot(of: connection) else { return nil }
  let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
  let pending = PendingRequest(
    target: uri.map { String(cString: $0) } ?? "", connection: connection,
    daemon: listener.daemon(of: cmicrohttpd_socket(connection)))
  if let uri { cmicrohttpd_hide_arguments(uri) }
  slot.begin(pending)
  return Unmanaged.passUnretained(pending).toOpaque()
}

/// The head is there, or a piece of the body, or all of it, or the connection was resumed.
func requestCalled(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
  _ uploadSize: UnsafeMutablePointer<Int>?, _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let connection, let uploadSize, let url, let method, let version, let pointer = request?.pointee
  else { return .NO }
  let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
  let pending = Unmanaged<PendingRequest>.fromOpaque(pointer).takeUnretainedValue()
  let bytes = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
  let action = pending.called(upload: bytes) {
    listener.reader.request(pending, url: url, method: method, version: version)
  }
  uploadSize.pointee = 0
  switch action {
  case .readBody:
    listener.watch.entered(.body, cmicrohttpd_socket(connection))
    return .YES
  case .awaitBody(let count):
    LowWaterMark.set(count, on: cmicrohttpd_socket(connection))
    return .YES
  case .readMore:
    return .YES
  case .dispatch(let request):
    listener.watch.entered(.handling, cmicrohttpd_socket(connection))
    return listener.dispatch(request, pending) ? .YES : .NO
  case .send(let answer):
    listener.watch.entered(.answering, cmicrohttpd_socket(connection))
    return ResponseWriter.send(answer, on: connection, isLast: listener.isStopping)
  }
}

/// The request is over, answered or not.
func requestCompleted(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
  guard let context, let connection, request?.pointee != nil else { return }
  let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
  listener.watch.entered(.idle, cmicrohttpd_socket(connection))
  request?.pointee = nil
  cmicrohttpd_answer_before_reading(connection, 0)
  slot(of: connection)?.end()
}

/// One header line. `context` points to the `CollectedFields`.
func collectHeaderField(
  _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameSize: Int,
  _ value: UnsafePointer<CChar>?, _ valueSize: Int
) -> MHD_Result {
  guard let collected = context?.assumingMemoryBound(to: CollectedFields.self) else { return .NO }
  collected.pointee.add(
    name: UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameSize),
    value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize))
  return .YES
}

/// A body that breaks off is read. `context` is the `PartialBody`.
func partialBodyRead(
  _ context: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int
) -> Int {
  guard let context, let buffer else { return CMICROHTTPD_END_WITH_ERROR }
  return Unmanaged<PartialBody>.fromOpaque(context).takeUnretainedValue()
    .read(from: Int(position), into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
}

/// The response is gone, and with it its reference to the `PartialBody`.
func partialBodyFreed(_ context: UnsafeMutableRawPointer?) {
  guard let context else { return }
  Unmanaged<PartialBody>.fromOpaque(context).release()
}

/// libmicrohttpd found itself broken. Nothing it holds can be trusted any more, so the process ends here; what is on
/// disk is on disk.
func stopOnPanic(
  _ context: UnsafeMutableRawPointer?, _ file: UnsafePointer<CChar>?, _ line: UInt32, _ reason: UnsafePointer<CChar>?
) {
  abort()
}
