import Clocks
import GatewayCore
import HTTPTypes

/// One request and what has come back of it so far. Touched by the loop's thread alone once it has begun.
///
/// `@unchecked Sendable` because it is made in a task, handed to the loop, and from then on belongs to the loop's thread.
final class CurlTransfer: @unchecked Sendable {
  typealias Completion = CheckedContinuation<Result<UpstreamResponse, TransportFailure>, Never>

  let request: UpstreamRequest
  let deadline: MonotonicClock.Instant
  private let answerLimit: Int
  private let completion: Completion

  /// How often libcurl was about to put the request on the wire. More than once it is never let.
  private var attempts = 0
  private var fields = HTTPFields()
  private var headByteCount = 0
  private var body: [UInt8] = []

  init(
    request: UpstreamRequest, deadline: MonotonicClock.Instant, answerLimit: Int, completion: Completion
  ) {
    self.request = request
    self.deadline = deadline
    self.answerLimit = answerLimit
    self.completion = completion
  }

  /// libcurl is about to send. `false` on the second time: it would repeat a PUT by itself when a reused connection dies,
  /// and what is sent a second time is a second attempt, which is audited or not made.
  func mayBeSent() -> Bool {
    attempts += 1
    return attempts == 1
  }

  /// A line of the answer's head came. `false` if the head is too large.
  func received(headLine: UnsafeRawBufferPointer) -> Bool {
    headByteCount += headLine.count
    guard headByteCount <= answerLimit else { return false }
    let line = String(decoding: headLine, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // An interim answer's head (1xx) is over; this one's begins.
      fields = HTTPFields()
    } else if let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) {
      fields.append(HTTPField(name: name, value: String(line[line.index(after: colon)...].trimmed)))
    }
    return true
  }

  /// A piece of the answer's body came. `false` if it is too large.
  func received(body bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= answerLimit else { return false }
    body.append(contentsOf: bytes)
    return true
  }

  /// The whole answer is there.
  func succeed(status: Int) {
    completion.resume(returning: .success(UpstreamResponse(status: status, fields: fields, body: body)))
  }

  /// There will be no answer. What that means hangs on whether anything was sent.
  func fail(timedOut: Bool, unknownHost: Bool = false, reason: String) {
    let failure: TransportFailure =
      switch (wasSent: attempts > 0, timedOut, unknownHost) {
      case (false, _, true): .unknownHost
      case (false, _, false): .notSent(reason)
      case (true, true, _): .timedOut
      case (true, false, _): .broken(reason)
      }
    completion.resume(returning: .failure(failure))
  }
}
