import CCurl
import Clocks
import GatewayCore

/// The transfers under way on one multi handle. Belongs to the loop's thread.
///
/// libcurl says which sockets to wait on and when its next timer is due, and is called for those alone, in place
/// of going through all transfers at every turn (`curl_multi_perform`).
final class TransferSet {
  private struct Active {
    let transfer: CurlTransfer
    let handle: EasyHandle
  }

  /// When libcurl wants to be called next, whatever its sockets do; `nil` if it doesn't.
  private(set) var timer: ContinuousClock.Instant?

  private let multi: UnsafeMutableRawPointer
  private let settings: CurlSettings
  private let poll: SocketPoll
  private var active: [UnsafeMutableRawPointer: Active] = [:]
  /// Sockets that libcurl waits for no more, but the system still tells us of: mostly libcurl keeps the connection and waits
  /// for it again with the next transfer, so that to tell the system both times would be for nothing.
  private var idle: Set<Int32> = []
  /// Handles that are set up and wait for the next transfer.
  private var spare: [EasyHandle] = []

  /// Handles kept for reuse.
  private static let keptCount = CurlSettings.keptConnections

  /// `nil` if libcurl has no multi handle to give.
  init?(settings: CurlSettings, poll: SocketPoll) {
    guard let multi = curl_multi_init() else { return nil }
    self.multi = multi
    self.settings = settings
    self.poll = poll
    // libcurl doesn't own us: the multi handle is cleaned up in `close`, before we go.
    let context = Unmanaged.passUnretained(self).toOpaque()
    guard ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, CurlSettings.keptConnections) == CURLM_OK,
      ccurl_multi_set_socket_function(multi, socketChanged, context) == CURLM_OK,
      ccurl_multi_set_timer_function(multi, timerChanged, context) == CURLM_OK
    else {
      curl_multi_cleanup(multi)
      return nil
    }
  }

  var isEmpty: Bool {
    active.isEmpty
  }

  /// libcurl waits on a socket for something else than before.
  func watch(_ socket: Int32, isReadable: Bool, isWritable: Bool) {
    if isReadable || isWritable {
      idle.remove(socket)
      // The number may be another socket's by now. `poll` tells.
      poll.watch(socket, isReadable: isReadable, isWritable: isWritable)
    } else {
      idle.insert(socket)
    }
  }

  /// libcurl wants to be called after so many milliseconds; not at all, if they are negative.
  func setTimer(milliseconds: Int) {
    timer = milliseconds < 0 ? nil : ContinuousClock.now + .milliseconds(milliseconds)
  }

  /// A socket is ready: lets libcurl do what can be done, and completes what is done.
  func socketReady(_ readiness: SocketPoll.Readiness) {
    guard idle.remove(readiness.socket) == nil else {
      // Its other end closed it, most likely. libcurl finds that out when it wants it again.
      return poll.forget(readiness.socket)
    }
    let mask =
      (readiness.isReadable ? CURL_CSELECT_IN : 0) | (readiness.isWritable ? CURL_CSELECT_OUT : 0)
      | (readiness.hasError ? CURL_CSELECT_ERR : 0)
    act(on: readiness.socket, mask)
  }

  /// The same for a timer, if it is due.
  func timerFired(at now: ContinuousClock.Instant) {
    guard let due = timer, due <= now else { return }
    timer = nil
    act(on: CCURL_SOCKET_TIMEOUT, 0)
  }

  /// Begins a transfer.
  func start(_ transfer: CurlTransfer) {
    let remaining = (transfer.deadline - ContinuousClock.now).wholeMilliseconds
    guard remaining > 0 else {
      transfer.fail(timedOut: true, reason: "the deadline was over before a connection was made")
      return
    }
    guard let handle = spare.popLast() ?? EasyHandle(settings) else {
      return transfer.fail(timedOut: false, reason: "libcurl has no memory for a transfer")
    }
    guard handle.prepare(transfer, milliseconds: Int(remaining)),
      curl_multi_add_handle(multi, handle.pointer) == CURLM_OK
    else {
      handle.free()
      return transfer.fail(timedOut: false, reason: "libcurl took no new transfer")
    }
    active[handle.pointer] = Active(transfer: transfer, handle: handle)
  }

  private func act(on socket: curl_socket_t, _ mask: Int32) {
    var running: Int32 = 0
    curl_multi_socket_action(multi, socket, mask, &running)
    var remaining: Int32 = 0
    while let message = curl_multi_info_read(multi, &remaining) {
      guard message.pointee.msg == CURLMSG_DONE, let pointer = message.pointee.easy_handle else { continue }
      // Read first: removing the handle frees the message.
      finish(pointer, result: ccurl_message_result(message))
    }
  }

  /// Ends all of them without waiting for answers.
  func cancelAll() {
    for pointer in Array(active.keys) { finish(pointer, result: CURLE_OPERATION_TIMEDOUT) }
  }

  /// Frees the handles and closes the connections.
  func close() {
    spare.forEach { $0.free() }
    spare = []
    curl_multi_cleanup(multi)
  }

  private func finish(_ pointer: UnsafeMutableRawPointer, result: CURLcode) {
    guard let entry = active.removeValue(forKey: pointer) else { return }
    let status = entry.handle.responseStatus
    curl_multi_remove_handle(multi, pointer)
    if result == CURLE_OK {
      entry.transfer.succeed(status: status)
    } else {
      entry.transfer.fail(
        timedOut: result == CURLE_OPERATION_TIMEDOUT, unknownHost: result == CURLE_COULDNT_RESOLVE_HOST,
        reason: String(cString: curl_easy_strerror(result)))
    }
    entry.handle.finish()
    if spare.count < Self.keptCount { spare.append(entry.handle) } else { entry.handle.free() }
  }
}
