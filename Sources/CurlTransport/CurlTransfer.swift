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
  /// Whether the empty line came that ends the head. libcurl takes a head that breaks off for a whole answer.
  private var isHeadComplete = false
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
    if headLine.starts(with: "HTTP/".utf8) {
      // An interim answer's head (1xx) is over; this one's begins.
      fields = HTTPFields()
      isHeadComplete = false
    } else if headLine.allSatisfy(Self.isSpace) {
      isHeadComplete = true
    } else if let colon = headLine.firstIndex(of: UInt8(ascii: ":")),
      let name = HTTPField.Name(String(decoding: headLine[..<colon], as: UTF8.self))
    {
      let value = headLine[(colon + 1)...].drop(while: Self.isSpace)
      let end = value.lastIndex(where: { !Self.isSpace($0) }).map { $0 + 1 } ?? value.startIndex
      fields.append(Self.field(name, value[..<end]))
    }
    return true
  }

  /// Bytes that aren't ASCII stay what they are. Almost all values are, and those are read at a fraction of the cost.
  private static func field(_ name: HTTPField.Name, _ value: Slice<UnsafeRawBufferPointer>) -> HTTPField {
    value.allSatisfy { $0 < 0x80 }
      ? HTTPField(name: name, value: String(decoding: value, as: UTF8.self)) : HTTPField(name: name, value: value)
  }

  /// White space around a value, and the line's end.
  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
  }

  /// A piece of the answer's body came. `false` if it is too large.
  func received(body bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= answerLimit else { return false }
    body.append(contentsOf: bytes)
    return true
  }

  /// The whole answer is there.
  func succeed(status: Int) {
    guard isHeadComplete else { return fail(timedOut: false, reason: "the answer's head broke off") }
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
