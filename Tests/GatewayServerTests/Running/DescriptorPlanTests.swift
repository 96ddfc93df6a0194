import Testing

@testable import GatewayServer

@Suite("DescriptorPlan")
struct DescriptorPlanTests {
  private static func plan(connections: Int, available: Int) -> DescriptorPlan? {
    DescriptorPlan(connections: connections, adminConnections: 64, upstreamConnections: 256, available: available)
  }

  @Test("Where there is room, the connections are as many as were asked for, and the limit is what all of it needs")
  func room() {
    let plan = Self.plan(connections: 12_000, available: 524_288)
    #expect(plan?.connections == 12_000)
    #expect(plan?.limit == 12_000 + 64 + 256 + DescriptorPlan.spare)
  }

  @Test("Where there is less, the connections are what is left when all others have theirs")
  func lessRoom() {
    let plan = Self.plan(connections: 12_000, available: 1024)
    #expect(plan?.connections == 1024 - 64 - 256 - DescriptorPlan.spare)
    #expect(plan?.limit == 1024)
  }

  @Test("Where there is next to none, there is no plan, unless so few were asked for")
  func noRoom() {
    let others = 64 + 256 + DescriptorPlan.spare
    #expect(Self.plan(connections: 12_000, available: others + 15) == nil)
    #expect(Self.plan(connections: 12_000, available: others + 16)?.connections == 16)
    #expect(Self.plan(connections: 5, available: others + 5)?.connections == 5)
    #expect(Self.plan(connections: 5, available: others + 4) == nil)
    #expect(Self.plan(connections: 5, available: 0) == nil)
  }
}
