import Clocks
import GatewayCore

/// One line of the log.
enum Event: Sendable {
  /// It serves from now on. The log's first line.
  case listening(address: String, scheme: String)
  /// A request to the service.
  case request(RequestEvent)
  /// A request to the simulator itself.
  case control(time: Timestamp, method: String, path: String, status: Int)

  var json: JSON {
    switch self {
    case .listening(let address, let scheme):
      .object([("event", "listening"), ("address", .string(address)), ("scheme", .string(scheme))])
    case .request(let request): request.json
    case .control(let time, let method, let path, let status):
      .object([
        ("event", "control"),
        ("time", .string(time.iso8601Microseconds)),
        ("method", .string(method)),
        ("path", .string(path)),
        ("status", .integer(Int64(status))),
      ])
    }
  }
}
