import COpenSSL

/// X.509 certificates in PEM, as far as telling whether there are any.
package enum PEMCertificates {
  /// How many certificates the text has in it, up to the first that can't be read.
  package static func count(in pem: [UInt8]) -> Int {
    guard let source = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { return 0 }
    defer { BIO_free(source) }
    var count = 0
    while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
      X509_free(certificate)
      count += 1
    }
    // The last read failed, be it for the end of the text: nobody is to find that in the error stack later.
    ERR_clear_error()
    return count
  }
}
