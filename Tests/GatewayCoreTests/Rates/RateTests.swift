import GatewayCore
import Testing

@Suite("Rate")
struct RateTests {
  @Test("A rate is two whole numbers, and is written as it is read", arguments: ["10/20", "1/1", "1000000/1000000"])
  func good(_ text: String) {
    #expect(Rate(text)?.description == text)
  }

  @Test(
    "Anything else is no rate",
    arguments: [
      "", "/", "10", "10/", "/20", "0/20", "10/0", "10/20/30", "+10/20", "10/-20", " 10/20", "10 /20", "1.5/20",
      "1000001/1", "1/99999999999999999999", "off", "१/२",
    ])
  func bad(_ text: String) {
    #expect(Rate(text) == nil)
  }
}
