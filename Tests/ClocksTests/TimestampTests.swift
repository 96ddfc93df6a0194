import Clocks
import Testing

@Suite("Timestamp")
struct TimestampTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let microseconds: Int64
    let iso8601: String
    let withMicroseconds: String
    let basic: String

    var testDescription: String { withMicroseconds }
  }

  /// Made with Python's `datetime`.
  static let rows = [
    Row(
      microseconds: 0, iso8601: "1970-01-01T00:00:00Z", withMicroseconds: "1970-01-01T00:00:00.000000Z",
      basic: "19700101T000000Z"),
    Row(
      microseconds: -1, iso8601: "1969-12-31T23:59:59Z", withMicroseconds: "1969-12-31T23:59:59.999999Z",
      basic: "19691231T235959Z"),
    Row(
      microseconds: -1_000_000, iso8601: "1969-12-31T23:59:59Z", withMicroseconds: "1969-12-31T23:59:59.000000Z",
      basic: "19691231T235959Z"),
    Row(
      microseconds: 951_825_600_000_001, iso8601: "2000-02-29T12:00:00Z",
      withMicroseconds: "2000-02-29T12:00:00.000001Z", basic: "20000229T120000Z"),
    Row(
      microseconds: 1_709_251_199_999_999, iso8601: "2024-02-29T23:59:59Z",
      withMicroseconds: "2024-02-29T23:59:59.999999Z", basic: "20240229T235959Z"),
    Row(
      microseconds: -2_203_891_201_000_000, iso8601: "1900-02-28T23:59:59Z",
      withMicroseconds: "1900-02-28T23:59:59.000000Z", basic: "19000228T235959Z"),
    Row(
      microseconds: -2_203_891_200_000_000, iso8601: "1900-03-01T00:00:00Z",
      withMicroseconds: "1900-03-01T00:00:00.000000Z", basic: "19000301T000000Z"),
    Row(
      microseconds: -2_077_725_171_999_910, iso8601: "1904-02-29T06:07:08Z",
      withMicroseconds: "1904-02-29T06:07:08.000090Z", basic: "19040229T060708Z"),
    Row(
      microseconds: 1_795_363_200_123_456, iso8601: "2026-11-22T16:00:00Z",
      withMicroseconds: "2026-11-22T16:00:00.123456Z", basic: "20261122T160000Z"),
    Row(
      microseconds: 2_147_483_648_000_000, iso8601: "2038-01-19T03:14:08Z",
      withMicroseconds: "2038-01-19T03:14:08.000000Z", basic: "20380119T031408Z"),
    Row(
      microseconds: 4_107_542_399_500_000, iso8601: "2100-02-28T23:59:59Z",
      withMicroseconds: "2100-02-28T23:59:59.500000Z", basic: "21000228T235959Z"),
    Row(
      microseconds: 4_107_542_400_000_000, iso8601: "2100-03-01T00:00:00Z",
      withMicroseconds: "2100-03-01T00:00:00.000000Z", basic: "21000301T000000Z"),
    Row(
      microseconds: 253_402_300_799_000_000, iso8601: "9999-12-31T23:59:59Z",
      withMicroseconds: "9999-12-31T23:59:59.000000Z", basic: "99991231T235959Z"),
  ]

  @Test(
    "A moment is written as Python writes it, to the second, to the microsecond and in the basic form", arguments: rows)
  func writing(_ row: Row) {
    let time = Timestamp(microseconds: row.microseconds)
    #expect(time.iso8601 == row.iso8601)
    #expect(time.iso8601Microseconds == row.withMicroseconds)
    #expect(time.iso8601Basic == row.basic)
  }

  @Test("What is written to the microsecond is read as the same moment", arguments: rows)
  func readingBack(_ row: Row) {
    #expect(Timestamp(iso8601: row.withMicroseconds)?.microseconds == row.microseconds)
  }

  @Test("What is written to the second is read as the moment's whole second", arguments: rows)
  func readingBackSeconds(_ row: Row) {
    #expect(Timestamp(iso8601: row.iso8601)?.seconds == Timestamp(microseconds: row.microseconds).seconds)
  }

  @Test("Any moment of three centuries survives being written and read", arguments: 0..<200)
  func roundTrip(_ index: Int64) {
    // Steps that meet every second of the minute, every hour and every part of the year.
    let time = Timestamp(microseconds: -2_208_988_800_000_000 + index * 47_336_453_123_457)
    #expect(Timestamp(iso8601: time.iso8601Microseconds) == time)
  }

  @Test(
    "A fraction of a second counts, however many digits it has",
    arguments: [
      ("2026-11-22T16:00:00.5Z", 500_000), ("2026-11-22T16:00:00.25Z", 250_000), ("2026-11-22T16:00:00.123Z", 123_000),
      ("2026-11-22T16:00:00.000001Z", 1), ("2026-11-22T16:00:00.0Z", 0),
    ])
  func fractions(text: String, microseconds: Int64) {
    #expect(Timestamp(iso8601: text)?.microseconds == 1_795_363_200_000_000 + microseconds)
  }

  @Test(
    "What isn't a moment in UTC is not read",
    arguments: [
      "", " ", "now", "1795363200", "2026-11-22", "2026-11-22T16:00:00", "2026-11-22 16:00:00Z", "2026-11-22T16:00Z",
      "20261122T160000Z", "26-11-22T16:00:00Z", "2026-11-22T16:00:00ZZ", "2026-11-22T16:00:00Z ",
      " 2026-11-22T16:00:00Z", "2026-11-22T16:00:00Z\n", "2026-11-22T16:00:00.Z", "2026/11/22T16:00:00Z",
      "2026-11-22T16:00:00+01:00", "2026-11-22T16:00:00.5+01:00",
    ])
  func otherForms(_ text: String) {
    #expect(Timestamp(iso8601: text) == nil)
  }

  @Test(
    "A date or time that the calendar doesn't have is not read as another one",
    arguments: [
      "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-31T00:00:00Z",
      "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-32T00:00:00Z",
      "2026-11-22T25:00:00Z", "2026-11-22T16:60:00Z", "2026-11-22T16:00:61Z", "0000-01-01T00:00:00Z",
      "0000-12-31T23:59:59Z", "-001-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
      "321115-1-2T18:00:00Z", "999999999-01-01T00:00:00Z",
    ])
  func noSuchDate(_ text: String) {
    #expect(Timestamp(iso8601: text) == nil)
  }

  @Test(
    "Whole seconds are rounded down, before 1970 too",
    arguments: [(0, 0), (999_999, 0), (1_000_000, 1), (-1, -1), (-999_999, -1), (-1_000_000, -1), (-1_000_001, -2)])
  func seconds(microseconds: Int64, seconds: Int64) {
    #expect(Timestamp(microseconds: microseconds).seconds == seconds)
  }

  @Test("A moment from seconds is that second's beginning")
  func fromSeconds() {
    #expect(Timestamp(seconds: -3).microseconds == -3_000_000)
    #expect(Timestamp(seconds: 1_795_363_200) == Timestamp(microseconds: 1_795_363_200_000_000))
  }

  @Test("Moments are ordered by time")
  func order() {
    let moments = [-1_000_001, -1, 0, 1, 1_000_000].map(Timestamp.init(microseconds:))
    #expect(moments.reversed().sorted() == moments)
    #expect(!(moments[0] < moments[0]))
  }

  @Test("A duration moves a moment by just as much, back as well as on")
  func advancing() {
    let time = Timestamp(microseconds: 500_000)
    #expect(time.advanced(by: .seconds(90 * 86_400)).microseconds == 7_776_000_500_000)
    #expect(time.advanced(by: .microseconds(1)).microseconds == 500_001)
    #expect(time.advanced(by: .microseconds(-500_001)).microseconds == -1)
    #expect(time.advanced(by: .seconds(-2)).microseconds == -1_500_000)
  }
}
