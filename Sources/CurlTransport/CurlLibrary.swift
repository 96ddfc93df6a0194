import CCurl
import Glibc

/// libcurl as a whole: set up once, before any thread uses it.
package enum CurlLibrary {
  /// What libcurl and OpenSSL read by themselves and must not: proxies that would see our calls, and a file that TLS
  /// secrets would be written to.
  private static let unwantedVariables = [
    "SSLKEYLOGFILE", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
  ]

  private static let setUp: CURLcode = {
    unwantedVariables.forEach { unsetenv($0) }
    // A write to a connection that AWS has closed is an error to handle, not a signal to die of.
    signal(SIGPIPE, SIG_IGN)
    return curl_global_init(Int(CCURL_GLOBAL_DEFAULT))
  }()

  /// Sets libcurl up, the first time it is called.
  ///
  /// - Throws: `CurlUnusable`.
  package static func prepare() throws(CurlUnusable) {
    guard setUp == CURLE_OK else { throw CurlUnusable(reason: "libcurl can't be set up") }
    try checkTLSLibrary(tlsLibrary)
  }

  /// `OpenSSL/3.0.22`.
  package static var tlsLibrary: String {
    text(ccurl_version_info().pointee.ssl_version)
  }

  /// - Throws: `CurlUnusable`, unless it is OpenSSL: what we say of TLS was tried with that alone.
  static func checkTLSLibrary(_ name: String) throws(CurlUnusable) {
    guard name.hasPrefix("OpenSSL/") else {
      throw CurlUnusable(
        reason: "libcurl is built on '\(name)', not on OpenSSL; install the package libcurl4, not a variant of it")
    }
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }
}

/// libcurl can't be used here.
package struct CurlUnusable: Error, Sendable, Equatable {
  package let reason: String
}
