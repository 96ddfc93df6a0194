/// One place that credentials may come from.
protocol CredentialSource: Sendable {
  /// What it is called in messages.
  var name: String { get }

  /// Fetches them.
  func credentials() async throws(SourceFailure) -> FoundCredentials
}

/// Why a source gave nothing. Never a secret in it.
enum SourceFailure: Error, Equatable {
  /// It isn't set up: the next one is asked.
  case absent(String)
  /// It is set up and can't be used. The next one isn't asked: it would have someone else's rights.
  case failed(String)

  var reason: String {
    switch self {
    case .absent(let reason), .failed(let reason): reason
    }
  }

  /// The same reason, from a source that has to have credentials.
  var asFailed: SourceFailure { .failed(reason) }
}
