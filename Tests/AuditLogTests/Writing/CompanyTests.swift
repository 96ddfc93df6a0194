import Testing
import Threads

@testable import AuditLog

@Suite("Company for a record")
struct CompanyTests {
  @Test(
    "A record waits for half of the calls under way, and a lonely one for nobody",
    arguments: [(0, 1), (3, 1), (4, 2), (7, 3), (64, 32)])
  func share(calls: Int, count: Int) {
    #expect(Company(callsUnderWay: calls).count == count)
  }
}
