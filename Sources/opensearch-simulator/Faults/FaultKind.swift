/// What can go wrong on request.
enum FaultKind: Sendable, Equatable {
  /// 400 `ThrottlingException`.
  case throttle(HeaderEdits)
  case error(AWSError, HeaderEdits)
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
  /// The usual answer, with this `Date`.
  case date(DateHeader)
  /// A look-up of what was, not of what is.
  case lag(Lag)
  /// Something happens to the usual answer on its way.
  case wire(WireFault)

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
    case .date: "date"
    case .lag: "lag"
    case .wire(.cut): "cut-at"
    case .wire(.stall): "stall-at"
    case .wire(.garbage): "garbage-at"
    }
  }

  /// Whether the relay has to see the bytes of the answer, which it can't within TLS.
  var needsPlainHTTP: Bool {
    switch self {
    case .throttle(let headers), .error(_, let headers): headers.dropsDate
    case .date(let date): date == .absent
    case .wire: true
    default: false
    }
  }

  /// The `Date` that the answer has; `nil` for the usual one.
  var date: DateHeader? {
    if case .date(let date) = self { date } else { nil }
  }

  /// How far behind the look-up is; `nil` for as usual.
  var lag: Lag? {
    if case .lag(let lag) = self { lag } else { nil }
  }
}
