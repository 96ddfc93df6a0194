import Clocks
import SigV4

/// What a source gave.
struct FoundCredentials: Sendable, Equatable {
  let credentials: SigningCredentials
  /// `nil` if they don't expire.
  let expiresAt: Timestamp?
  /// Where they are from, in words.
  var source: String
}
