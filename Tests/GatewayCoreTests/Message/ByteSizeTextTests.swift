import GatewayCore
import Testing

@Suite("ByteSizeText")
struct ByteSizeTextTests {
  @Test(
    "A whole number, with a unit or without one",
    arguments: [
      ("0", 0), ("1", 1), ("512KiB", 524_288), ("64MiB", 67_108_864), ("2GiB", 2_147_483_648),
      ("1TiB", 1_099_511_627_776), ("007MiB", 7_340_032), ("8388607TiB", 9_223_370_937_343_148_032),
    ])
  func valid(text: String, expected: Int64) {
    #expect(ByteSizeText.bytes(text) == expected)
  }

  @Test(
    "Anything else is none",
    arguments: [
      "", "MiB", "-1", "+1", "1.5GiB", "1 MiB", " 1", "1MB", "1mib", "1M", "1B", "0x1", "\u{0661}", "8388608TiB",
      "99999999999999999999",
    ])
  func invalid(text: String) {
    #expect(ByteSizeText.bytes(text) == nil)
  }
}
