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

  @Test(
    "In words, a duration has the largest unit of which there are two",
    arguments: [
      (-5, "0 seconds"), (0, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (120, "2 minutes"),
      (7199, "119 minutes"), (7200, "2 hours"), (172_799, "47 hours"), (172_800, "2 days"), (1_209_600, "14 days"),
    ])
  func words(seconds: Int, text: String) {
    #expect(DurationText.words(.seconds(seconds)) == text)
    #expect(DurationText.words(.seconds(seconds) + .milliseconds(999)) == (seconds < 0 ? "0 seconds" : text))
  }
}
