import Glibc
import Testing

@testable import CurlTransport

@Suite("CurlLibrary")
struct CurlLibraryTests {
  @Test("libcurl can be set up, once and again")
  func prepare() throws {
    try CurlLibrary.prepare()
    try CurlLibrary.prepare()
  }

  @Test("This machine's libcurl is built on OpenSSL")
  func tlsLibrary() {
    #expect(CurlLibrary.tlsLibrary.hasPrefix("OpenSSL/"))
  }

  @Test("OpenSSL is taken, whichever version", arguments: ["OpenSSL/1.1.1w", "OpenSSL/3.0.22", "OpenSSL/4.0.0"])
  func openSSL(name: String) throws {
    try CurlLibrary.checkTLSLibrary(name)
  }

  @Test(
    "Any other TLS library is refused, and named",
    arguments: [
      "GnuTLS/3.7.9", "NSS/3.87.1", "(OpenSSL/3.0.11) GnuTLS/3.7.9", "GnuTLS/3.7.9 (OpenSSL/3.0.11)", "LibreSSL/3.8.1",
      "BoringSSL", "wolfSSL/5.5.4", "OpenSSL", "",
    ])
  func otherLibrary(name: String) {
    let error = #expect(throws: CurlUnusable.self) { try CurlLibrary.checkTLSLibrary(name) }
    #expect(error?.reason.contains("'\(name)'") == true)
    #expect(error?.reason.contains("libcurl4") == true)
  }

  @Test("What libcurl would read from the environment is taken out of it: proxies, a file for TLS secrets")
  func environment() async {
    await #expect(processExitsWith: .success) {
      let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSLKEYLOGFILE"]
      for name in names { setenv(name, "http://127.0.0.1:9", 1) }
      try CurlLibrary.prepare()
      for name in names where getenv(name) != nil { exit(1) }
    }
  }
}
