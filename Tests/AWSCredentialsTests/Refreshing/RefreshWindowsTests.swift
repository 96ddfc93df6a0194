import Testing

@testable import AWSCredentials

struct RefreshWindowsTests {
  @Test(
    "The windows are those of the SDKs, by lifetime",
    arguments: [
      (lifetime: 15 * 60, advisory: 5 * 60, mandatory: 60),
      (lifetime: 20 * 60, advisory: 5 * 60, mandatory: 60),
      (lifetime: 20 * 60 + 1, advisory: 15 * 60, mandatory: 60),
      (lifetime: 90 * 60 - 1, advisory: 15 * 60, mandatory: 60),
      (lifetime: 90 * 60, advisory: 60 * 60, mandatory: 60),
      (lifetime: 12 * 3600, advisory: 60 * 60, mandatory: 60),
    ])
  func windows(example: (lifetime: Int, advisory: Int, mandatory: Int)) {
    let windows = RefreshWindows(lifetime: .seconds(example.lifetime))
    #expect(windows.advisory == .seconds(example.advisory))
    #expect(windows.mandatory == .seconds(example.mandatory))
  }

  @Test("Credentials with little life left aren't due at once", arguments: [1, 4, 60, 240, 300])
  func shortLives(seconds: Int) {
    let windows = RefreshWindows(lifetime: .seconds(seconds))
    #expect(windows.advisory == .seconds(seconds) / 2)
    #expect(windows.mandatory == min(.seconds(60), .seconds(seconds) / 4))
  }

  @Test("A lifetime that is over gives empty windows")
  func over() {
    #expect(RefreshWindows(lifetime: .seconds(-5)).advisory == .zero)
  }
}
