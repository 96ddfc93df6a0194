import COpenSSL

/// A key can't be read, made or used.
package struct KeyError: Error, Sendable, Equatable {
  /// For whoever runs the gateway. It has nothing of the key in it.
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }

  /// The libcrypto call that has just failed: what it left in the error stack, nobody is to find there later.
  static func drainingErrors(_ reason: String) -> KeyError {
    ERR_clear_error()
    return KeyError(reason)
  }
}
