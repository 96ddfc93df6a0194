import Clocks
import SigV4

/// Keys that requests may be signed with.
struct AcceptedCredentials: Sendable, Equatable {
  let keys: SigningCredentials
  /// When the session token's time is over; `nil` for never.
  let expiresAt: Timestamp?
}
