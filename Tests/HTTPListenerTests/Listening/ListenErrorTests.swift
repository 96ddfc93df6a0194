import Testing

@testable import HTTPListener

/// What whoever starts the gateway is told when an address can't be listened on.
@Suite("ListenError")
struct ListenErrorTests {
  private static func error(_ address: ListenAddress) -> ListenError? {
    #expect(throws: ListenError.self) {
      try Served(.loopback { $0.address = address }).stop()
    }
  }

  @Test("A port in use is told in plain words, with the address")
  func portInUse() async throws {
    try await Served.run { served in
      let address = served.listener.address
      let port = try #require(address.port)
      #expect(
        Self.error(address)?.description == "can't listen on 127.0.0.1:\(port): Address already in use")
    }
  }

  @Test("An address that isn't this machine's is told")
  func foreignAddress() {
    let error = Self.error(ListenAddress(host: "192.0.2.1", port: 0))
    #expect(error?.description == "can't listen on 192.0.2.1:0: Cannot assign requested address")
  }

  @Test("A name that can't be resolved is told")
  func unknownName() {
    // Longer than a label may be, so that nobody is asked for it.
    let name = String(repeating: "x", count: 64) + ".invalid"
    let error = Self.error(ListenAddress(host: name, port: 0))
    #expect(error?.description.hasPrefix("can't listen on \(name):0: ") == true)
    #expect(error?.reason.isEmpty == false)
  }

  @Test("A certificate that is none is told")
  func badCertificate() {
    let error = #expect(throws: ListenError.self) {
      try Served(.loopback { $0.tls = (certificate: "not a certificate", key: "not a key") }).stop()
    }
    #expect(error?.reason.contains("certificate") == true)
  }
}
