import IPAddresses
import Testing

@testable import HTTPListener

@Suite("ConnectionTable")
struct ConnectionTableTests {
  private let start = ContinuousClock.now
  private let limits = {
    var limits = ConnectionLimits()
    limits.perAddress = 2
    return limits
  }()

  private func address(_ text: String) throws -> IPAddress {
    try #require(IPAddress(text))
  }

  @Test("An address has as many connections as it may, and room again when one is closed")
  func perAddress() throws {
    var table = ConnectionTable(limits: limits)
    let (first, second) = (try address("10.0.0.1"), try address("10.0.0.2"))
    table.open(3, from: first)
    #expect(!table.isFull(first))
    table.open(4, from: first)
    #expect(table.isFull(first))
    #expect(!table.isFull(second))
    table.close(3)
    #expect(!table.isFull(first))
    #expect(table.count == 1)
  }

  @Test("Idle is who was answered and hasn't asked again")
  func idle() throws {
    var table = ConnectionTable(limits: limits)
    for descriptor: Int32 in 3...5 { table.open(descriptor, from: nil) }
    table.enter(.opened, 3, at: start)
    for phase in [ConnectionPhase.opened, .body, .handling, .answering, .idle] { table.enter(phase, 4, at: start) }
    #expect(table.idle == [4])
    table.enter(.body, 4, at: start)
    #expect(table.idle.isEmpty)
  }

  @Test("A connection that was closed twice, or never opened, changes no count")
  func closedTwice() throws {
    var table = ConnectionTable(limits: limits)
    let address = try address("::1")
    table.open(3, from: address)
    table.open(4, from: address)
    table.close(3)
    table.close(3)
    table.close(9)
    table.open(5, from: address)
    #expect(table.isFull(address))
  }

  @Test("A peer that isn't counted takes nobody's place, and is timed all the same")
  func uncounted() {
    var table = ConnectionTable(limits: limits)
    for descriptor in 3..<10 {
      table.open(Int32(descriptor), from: nil)
      table.enter(.opened, Int32(descriptor), at: start)
    }
    #expect(table.count == 7)
    #expect(table.takeExpired(at: start + limits.headTime).count == 7)
  }

  @Test(
    "Each phase has its time, from its beginning; handling has none",
    arguments: [ConnectionPhase.opened, .body, .handling, .answering, .idle])
  func phases(_ phase: ConnectionPhase) {
    var table = ConnectionTable(limits: limits)
    table.open(3, from: nil)
    let entered = start + .seconds(5)
    #expect(table.takeExpired(at: start + .seconds(3600)) == [])
    table.enter(phase, 3, at: entered)
    let begin = entered
    guard let time = limits.time(for: phase) else {
      #expect(table.takeExpired(at: begin + .seconds(3600)) == [])
      return
    }
    #expect(table.takeExpired(at: begin + time - .nanoseconds(1)) == [])
    #expect(table.takeExpired(at: begin + time) == [3])
    #expect(table.takeExpired(at: begin + time) == [])
  }

  @Test("What happens to a connection that isn't known is nothing")
  func unknown() {
    var table = ConnectionTable(limits: limits)
    table.enter(.idle, 7, at: start)
    #expect(table.count == 0)
    #expect(table.takeExpired(at: start + .seconds(3600)) == [])
  }
}
