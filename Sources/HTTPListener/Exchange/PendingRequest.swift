import CMicroHTTPD
import GatewayCore
import HTTPTypes
import Synchronization

/// One request on its way through libmicrohttpd: a state machine that says what to do at each of its calls.
///
/// `head` → `body` → `suspended` → `answered`. A request whose body won't be read goes from `head` to `suspended`.
/// `@unchecked Sendable` because `connection` is only handed back to libmicrohttpd, which guards it: for resuming, from
/// any thread, once; for all else, from its own thread, inside a callback.
final class PendingRequest: @unchecked Sendable {
  private enum State {
    /// The first call for this request is still to come.
    case head
    /// The body is coming in, and has so many bytes.
    case body(Request, length: Int, received: [UInt8])
    /// The connection is suspended; whoever completes it first resumes it.
    case suspended
    /// The answer waits for libmicrohttpd's next call.
    case answered(Answer)
  }

  /// What the access handler does next.
  enum Action {
    /// The body comes next, if only its end.
    case readBody
    /// So many bytes of the body are still to come.
    case awaitBody(Int)
    case readMore
    /// Suspend the connection, then hand the request on.
    case dispatch(Request)
    case send(Answer)
  }

  /// The request target as it stood on the request line.
  let target: String
  let connection: OpaquePointer
  private let daemon: Daemon
  private let state = Mutex(State.head)

  /// - Parameter daemon: the connection's.
  init(target: String, connection: OpaquePointer, daemon: Daemon) {
    self.target = target
    self.connection = connection
    self.daemon = daemon
  }

  /// A call of the access handler.
  ///
  /// - Parameters:
  ///   - upload: the body's bytes that came with this call; empty on the first call and when the body is complete.
  ///   - readHead: makes the request of the head; called once, on the first call.
  func called(upload: UnsafeRawBufferPointer, readHead: () -> Request) -> Action {
    state.withLock { state in
      switch state {
      case .head:
        let request = readHead()
        guard request.violation == nil, request.body != .tooLarge else {
          state = .suspended
          return .dispatch(request)
        }
        state = .body(request, length: request.fields.contentLength ?? 0, received: [])
        return .readBody
      case .body(let request, _, let received) where upload.isEmpty:
        state = .suspended
        return .dispatch(request.with(body: .complete(received)))
      case .body(let request, let length, var received):
        let isWhole = received.isEmpty && upload.count == length
        received.append(contentsOf: upload)
        state = .body(request, length: length, received: received)
        return isWhole ? .readMore : .awaitBody(length - received.count)
      case .suspended:
        return .readMore
      case .answered(let answer):
        return .send(answer)
      }
    }
  }

  /// Gives the request its answer and wakes its connection. Only the first answer counts.
  func complete(_ answer: Answer) {
    let isFirst = state.withLock { state in
      guard case .suspended = state else { return false }
      state = .answered(answer)
      return true
    }
    if isFirst { daemon.resume(connection) }
  }
}

extension Request {
  fileprivate func with(body: Body) -> Request {
    Request(
      id: id, method: method, target: target, fields: fields, body: body, client: client, violation: violation)
  }
}
