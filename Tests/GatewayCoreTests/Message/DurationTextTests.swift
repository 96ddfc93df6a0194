import GatewayCore
import Testing

@Suite("DurationText")
struct DurationTextTests {
  @Test(
    "A whole number and a unit",
    arguments: [
      ("500ms", Duration.milliseconds(500)), ("0ms", .zero), ("1s", .seconds(1)), ("15s", .seconds(15)),
      ("5m", .seconds(300)), ("12h", .seconds(43_200)), ("90d", .seconds(7_776_000)), ("007s", .seconds(7)),
      ("106751991167d", .seconds(9_223_372_036_828_800)),
    ])
  func valid(text: String, expected: Duration) {
    #expect(DurationText.duration(text) == expected)
  }

  @Test(
    "Anything else is none",
    arguments: [
      "", "15", "s", "ms", "m", "-1s", "+1s", "1.5s", "1,5s", " 1s", "1s ", "1 s", "1S", "1sec", "1min", "1w", "1h30m",
      "0x1s", "\u{0661}s", "99999999999999999999s", "106751991168d", "9223372036854775807s",
    ])
  func invalid(text: String) {
    #expect(DurationText.duration(text) == nil)
  }
}
