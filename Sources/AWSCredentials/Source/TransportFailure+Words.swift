import GatewayCore

extension TransportFailure {
  /// Why there was no answer, for people.
  var words: String {
    switch self {
    case .notSent(let reason): "no connection (\(reason))"
    case .unknownHost: "the host name has no address"
    case .timedOut: "no answer in time"
    case .broken(let reason): "the answer broke off (\(reason))"
    }
  }
}
