import Clocks
import SigV4
import Testing

@Suite("SigningScope")
struct SigningScopeTests {
  @Test("A scope is written as day, region, service and a fixed end")
  func text() {
    let scope = SigningScope(time: Timestamp(seconds: 1_795_363_200), region: "eu-west-1", service: "es")
    #expect(scope.credentialScope == "20261122/eu-west-1/es/aws4_request")
  }

  @Test(
    "The day changes at midnight UTC and not before",
    arguments: [(1_440_979_199_999_999, "20150830"), (1_440_979_200_000_000, "20150831"), (-1, "19691231")])
  func day(microseconds: Int64, date: String) {
    let time = Timestamp(microseconds: microseconds)
    #expect(SigningScope(time: time, region: "eu-west-1", service: "es").date == date)
  }
}
