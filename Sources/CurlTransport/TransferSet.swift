import CCurl
import Clocks
import GatewayCore

/// The transfers under way on one multi handle. Belongs to the loop's thread.
final class TransferSet {
  private struct Active {
    let transfer: CurlTransfer
    let handle: EasyHandle
  }

  private let multi: UnsafeMutableRawPointer
  private let settings: CurlSettings
  private var active: [UnsafeMutableRawPointer: Active] = [:]
  /// Handles that are set up and wait for the next transfer.
  private var spare: [EasyHandle] = []

  /// Connections kept open, and handles kept for reuse.
  private static let keptCount = 256

  init(multi: UnsafeMutableRawPointer, settings: CurlSettings) {
    self.multi = multi
    self.settings = settings
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.keptCount)
  }

  var isEmpty: Bool {
    active.isEmpty
  }

  /// Begins a transfer.
  func start(_ transfer: CurlTransfer) {
    let remaining = (transfer.deadline - ContinuousClock.now).wholeMilliseconds
    guard remaining > 0 else {
      transfer.fail(timedOut: true, reason: "the deadline was over before a connection was made")
      return
    }
    guard let handle = spare.popLast() ?? EasyHandle(settings), handle.prepare(transfer, milliseconds: Int(remaining)),
      curl_multi_add_handle(multi, handle.pointer) == CURLM_OK
    else {
      transfer.fail(timedOut: false, reason: "libcurl took no new transfer")
      return
    }
    active[handle.pointer] = Active(transfer: transfer, handle: handle)
  }

  /// Lets libcurl do what can be done now, and completes what is done.
  func perform() {
    guard !active.isEmpty else { return }
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
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

  /// Frees the handles.
  func close() {
    spare.forEach { $0.free() }
    spare = []
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
