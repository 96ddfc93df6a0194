/// What holds for every transfer.
package struct CurlSettings: Sendable {
  /// Connections that are kept open between transfers.
  package static let keptConnections = 256

  /// The file of certificates to trust in place of the system's (`AWS_CA_BUNDLE`).
  package var certificateBundle: String?
  /// How long making a connection may take, in milliseconds.
  package var connectTimeout = 5000
  /// The largest answer that is read, head and body each, in bytes.
  package var answerLimit = 1 << 20

  package init(certificateBundle: String? = nil) {
    self.certificateBundle = certificateBundle
  }
}
