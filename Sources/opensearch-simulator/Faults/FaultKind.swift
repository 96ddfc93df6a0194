/// What can go wrong on request.
enum FaultKind: Sendable, Equatable {
  /// 400 `ThrottlingException`.
  case throttle
  case error(AWSError)
  /// 502 with an HTML page, as from a proxy in front of the service.
  case html
  /// No answer, ever.
  case stall
  /// The connection is closed before the first byte of the answer.
  case cut
  /// The connection is closed after so many bytes of the body.
  case cutMid(bytes: Int)
  /// 200 with a body that isn't JSON.
  case garbage
  /// 200 without a body.
  case empty
  /// The usual answer, later.
  case slow(Duration)

  /// The name that seeds and control calls have for it.
  var name: String {
    switch self {
    case .throttle: "throttle"
    case .error: "error"
    case .html: "html"
    case .stall: "stall"
    case .cut: "cut"
    case .cutMid: "cut-mid"
    case .garbage: "garbage"
    case .empty: "empty"
    case .slow: "slow"
    }
  }
}
