import Testing

@testable import AWSCredentials

struct HostAddressTests {
  @Test(
    "Addresses are read",
    arguments: [
      ("127.0.0.1", [127, 0, 0, 1], "127.0.0.1"), ("169.254.170.23", [169, 254, 170, 23], "169.254.170.23"),
      ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "[::1]"),
      ("[fd00:ec2::23]", [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23], "[fd00:ec2::23]"),
    ] as [(String, [UInt8], String)])
  func read(text: String, bytes: [UInt8], urlHost: String) throws {
    let address = try #require(HostAddress(text))
    #expect(address.bytes == bytes)
    #expect(address.urlHost == urlHost)
  }

  @Test(
    "Anything else is a name",
    arguments: [
      "", "localhost", "127.1", "0177.0.0.1", "2130706433", "1.2.3.4.5", "[127.0.0.1]", "fe80::1%lo", "[::1", "::1 ",
    ])
  func names(text: String) {
    #expect(HostAddress(text) == nil)
  }

  @Test("The system's resolver is asked for names")
  func resolve() async throws {
    let addresses = await HostAddress.resolve("localhost")
    #expect(!addresses.isEmpty)
    #expect(addresses.allSatisfy { $0 == HostAddress("127.0.0.1") || $0 == HostAddress("::1") })
  }

  @Test("A name that isn't one has no addresses")
  func unknown() async {
    #expect(await HostAddress.resolve("no such name").isEmpty)
  }
}
