import Testing
import Threads

@testable import AuditLog

@Suite("Company for a record")
struct CompanyTests {
  @Test(
    "A record waits for a quarter of the calls under way, and a lonely one for nobody",
    arguments: [(0, 1), (3, 1), (7, 1), (8, 2), (64, 16)])
  func share(calls: Int, count: Int) {
    #expect(Company(callsUnderWay: calls).count == count)
  }
}
