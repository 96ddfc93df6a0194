import COpenSSL

/// What libcrypto reads and writes as PEM (RFC 7468).
enum PEMText {
  /// What `read` makes of the text.
  static func read<Result>(_ text: [UInt8], _ read: (OpaquePointer?) -> Result) -> Result {
    text.withUnsafeBytes { bytes in
      let source = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
      defer { BIO_free(source) }
      return read(source)
    }
  }

  /// The text that `write` puts into `memory`, which is let go of, and overwritten if it is secret.
  static func write(to memory: OpaquePointer?, _ write: (OpaquePointer?) -> Int32) throws(KeyError) -> [UInt8] {
    defer { BIO_free(memory) }
    guard write(memory) == 1 else { throw KeyError.drainingErrors("libcrypto can't write the key") }
    var start: UnsafePointer<CChar>?
    let count = copenssl_memory(memory, &start)
    return UnsafeRawBufferPointer(start: start, count: count).map(\.self)
  }
}
