import Digest

/// The name of one request, in the answer's `X-Request-Id`, the log and the audit.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
  package let description: String

  /// The caller's own, if it is 1–128 characters of `[A-Za-z0-9._~-]`. One that looks like a gateway token is not
  /// taken, since ids are written to the log and the audit.
  package init?(callerSupplied text: String) {
    guard (1...128).contains(text.utf8.count), text.allBytes({ $0.isASCIIAlphanumeric || $0.isOne(of: "._~-") }),
      Redaction.redact(text) == text
    else { return nil }
    description = text
  }

  /// A fresh one: 128 random bits in hex.
  package init(randomBytes: [UInt8]) {
    description = Hex.encode(randomBytes)
  }
}
