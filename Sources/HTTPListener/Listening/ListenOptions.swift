package import Glibc

/// What there is to say about listening, besides where.
package struct ListenOptions: Sendable {
  /// Whether another process of the same user may listen on the same TCP port at the same time (`SO_REUSEPORT`).
  package var sharesPort = false
  /// Who may connect to a UNIX socket: its mode.
  package var mode: mode_t = 0o660
  /// The group of a UNIX socket; `nil` for the process's own.
  package var group: gid_t?
  /// What is said of inherited sockets.
  package var passed = PassedSockets(environment: [:])

  package init() {}
}
