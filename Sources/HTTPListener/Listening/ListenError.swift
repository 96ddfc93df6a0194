import Glibc

/// The address can't be listened on.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  package let address: ListenAddress
  /// The system's words: `Address already in use`.
  package let reason: String

  package init(_ address: ListenAddress, reason: String) {
    self.address = address
    self.reason = reason
  }

  /// - Parameter code: the `errno` value.
  package init(_ address: ListenAddress, code: Int32) {
    self.init(address, reason: String(cString: strerror(code)))
  }

  package var description: String {
    "can't listen on \(address): \(reason)"
  }
}
