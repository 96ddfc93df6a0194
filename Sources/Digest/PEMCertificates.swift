import COpenSSL

/// X.509 certificates in PEM, as far as telling whether there are any.
package enum PEMCertificates {
  /// How many certificates the text has in it, up to the first that can't be read.
  package static func count(in pem: [UInt8]) -> Int {
    let count = PEMText.read(pem) { source in
      var count = 0
      while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
        X509_free(certificate)
        count += 1
      }
      return count
    }
    // The last read failed, be it for the end of the text: nobody is to find that in the error stack later.
    ERR_clear_error()
    return count
  }
}
