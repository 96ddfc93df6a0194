import Clocks
import Testing

@testable import AWSCredentials

struct ExpirationTests {
  @Test(
    "The same moment is read however it is written",
    arguments: [
      "2026-11-22T16:00:00Z", "2026-11-22T16:00:00+00:00", "2026-11-22T16:00:00-00:00", "2026-11-22T18:00:00+02:00",
      "2026-11-22T21:30:00+0530", "2026-11-22T08:00:00-08:00", "2026-11-23T01:00:00+09:00",
      "2026-11-22T16:00:00.0Z", "2026-11-22T16:00:00.000000000Z", "2026-11-22T15:00:00.000-01:00",
    ])
  func forms(_ text: String) {
    #expect(Timestamp(expiration: text) == Timestamp(seconds: 1_795_363_200))
  }

  @Test("A fraction of a second counts to the microsecond")
  func fraction() {
    #expect(
      Timestamp(expiration: "2026-11-22T16:00:00.123456789Z")
        == Timestamp(seconds: 1_795_363_200).advanced(by: .microseconds(123_456)))
  }

  @Test(
    "What isn't a moment isn't taken for one",
    arguments: [
      "", "tomorrow", "2026-11-22", "2026-11-22T16:00:00", "2026-11-22 16:00:00Z", "2026-11-22T16:00:00+2",
      "2026-11-22T16:00:00+02:0", "2026-11-22T16:00:00+24:00", "2026-11-22T16:00:00+00:60", "2026-02-30T16:00:00Z",
      "2026-11-22T16:00:00.Z", "2026-11-22T16:00:00.x+00:00", "2026-11-22T16:00:00Z+00:00", "+00:00", "T+00:00",
      "1795363200", "0000-01-01T00:00:00+01:00", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    ])
  func malformed(_ text: String) {
    #expect(Timestamp(expiration: text) == nil)
  }
}
