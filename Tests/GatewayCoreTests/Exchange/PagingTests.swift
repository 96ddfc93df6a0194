import GatewayCore
import HTTPTypes
import TestSupport
import Testing

@Suite("Paging")
struct PagingTests {
  /// A page as a caller sees it.
  private struct Page {
    let ids: [String]
    let cursor: String?

    init(_ response: Response) throws {
      try #require(response.status == .ok, "\(response.text)")
      let members = try response.members()
      guard case .array(let connections) = members["connections"] else { throw Unreadable() }
      ids = try connections.map { connection in
        guard case .string(let id) = connection["id"] else { throw Unreadable() }
        return id
      }
      cursor = if case .string(let text) = members["nextCursor"] { text } else { nil }
    }
  }

  private struct Unreadable: Error {}

  /// Goes through a list to its end, each time with another limit.
  private func readAll(
    _ fixture: SimulatedGateway, _ filters: String, _ random: inout SplitMix64
  ) throws -> (ids: [String], pages: Int) {
    var ids: [String] = []
    var cursor: String?
    for number in 1...2000 {
      let limit = Bool.random(using: &random) ? Int.random(in: 1...100, using: &random) : nil
      let query = [filters, limit.map { "limit=\($0)" }, cursor.map { "cursor=\($0)" }].compactMap { $0 }
      let page = try Page(fixture.respond("/connections?\(query.joined(separator: "&"))"))
      #expect(page.ids.count <= limit ?? 100)
      ids += page.ids
      guard let next = page.cursor else { return (ids, number) }
      cursor = next
    }
    Issue.record("it never ended")
    return (ids, 2000)
  }

  @Test(
    "However AWS cuts its pages, the gateway's pages together are each matching connection once, in order",
    arguments: 0..<120 as Range<UInt64>)
  func property(_ seed: UInt64) throws {
    let store = ConnectionStore(seed: seed)
    let fixture = SimulatedGateway { $0.lookingUp = { _, query, _ in store.page(query) } }
    // Not the store's own seed, or its size and the filters would go together.
    var random = SplitMix64(seed: seed + 1000)
    let status = [nil, "ACTIVE", "REJECTED", "NEVER_SEEN"].randomElement(using: &random) ?? nil
    let domain = [nil, "logs-eu", "nobody"].randomElement(using: &random) ?? nil
    let filters = [status.map { "status=\($0)" }, domain.map { "localDomain=\($0)" }].compactMap { $0 }
    let read = try readAll(fixture, filters.joined(separator: "&"), &random)
    #expect(read.ids == store.ids(status: status, localDomain: domain))
    #expect(fixture.journal.records(.outcome).count == read.pages)
    #expect(fixture.journal.open.isEmpty)
    #expect(fixture.inFlight.count == 0)
  }

  @Test(
    "A restricted token's pages together are each connection that it is for once, in order",
    arguments: 0..<40 as Range<UInt64>)
  func restricted(_ seed: UInt64) throws {
    let store = ConnectionStore(seed: seed)
    let restrictions = TokenRestrictions(connections: try Sample.patterns("c-connection-1*", "c-connection-4"))
    let fixture = SimulatedGateway {
      $0.lookingUp = { _, query, _ in store.page(query) }
      $0.restrictions = restrictions
    }
    var random = SplitMix64(seed: seed + 2000)
    let status = [nil, "ACTIVE"].randomElement(using: &random) ?? nil
    let read = try readAll(fixture, status.map { "status=\($0)" } ?? "", &random)
    #expect(
      read.ids
        == store.ids(status: status, localDomain: nil).filter {
          $0.hasPrefix("c-connection-1") || $0 == "c-connection-4"
        })
  }

  @Test("A page of the gateway takes no more than a few of AWS's, so that it comes to an end")
  func bounded() throws {
    let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in .page([], nextToken: "again") } }
    let page = try Page(fixture.respond("/connections"))
    #expect(page.ids.isEmpty && page.cursor != nil)
    #expect((1...100).contains(fixture.aws.lookUps.count))
  }

  @Test("Where AWS shows more than it was asked for, nothing of it is lost")
  func tooMany() throws {
    let connections = (0..<7).map { Sample.connection("c-connection-\($0)", status: "ACTIVE") }
    let fixture = SimulatedGateway {
      $0.lookingUp = { _, query, _ in
        query.nextToken == nil ? .page(Array(connections[..<5]), nextToken: "next") : .page(Array(connections[5...]))
      }
    }
    let first = try Page(fixture.respond("/connections?limit=3"))
    let second = try Page(fixture.respond("/connections?limit=3&cursor=\(#require(first.cursor))"))
    #expect(first.ids + second.ids == connections.map(\.id))
    #expect(second.cursor == nil)
  }

  @Test("A cursor that was changed is a 400, whether the gateway sees it or AWS does")
  func tampered() throws {
    let store = ConnectionStore(seed: 5)
    let fixture = SimulatedGateway {
      $0.lookingUp = { _, query, _ in
        query.nextToken == nil ? .page([Sample.connection], nextToken: "the-token") : store.page(query)
      }
    }
    let cursor = try #require(try Page(fixture.respond("/connections?limit=1")).cursor)
    for index in cursor.indices {
      var changed = cursor
      changed.replaceSubrange(index...index, with: cursor[index] == "A" ? "B" : "A")
      let response = try fixture.respond("/connections?limit=1&cursor=\(changed)")
      #expect(response.code == .invalidRequest, "\(changed)")
      #expect(response.text.contains("ursor"))
    }
  }

  @Test("When AWS fails on the way, the whole page fails, and the same cursor goes on where it was")
  func failingPage() throws {
    let fixture = SimulatedGateway {
      $0.lookingUp = { simulation, query, _ in
        guard let token = query.nextToken else { return .page([Sample.connection], nextToken: "1") }
        guard simulation.random({ Int.random(in: 0..<2, using: &$0) == 0 }) else {
          return .refused("ThrottlingException")
        }
        return token == "1"
          ? .page([Sample.connection("c-2", status: "REJECTING")], nextToken: "2")
          : .page([Sample.connection("c-3", status: "REJECTING")])
      }
    }
    var ids = try Page(fixture.respond("/connections?limit=1&status=REJECTING"))
    var all = ids.ids
    for _ in 0..<200 {
      guard let cursor = ids.cursor else { break }
      let response = try fixture.respond("/connections?limit=2&status=REJECTING&cursor=\(cursor)")
      guard response.status == .ok else {
        #expect(response.code == .upstreamThrottled)
        continue
      }
      ids = try Page(response)
      all += ids.ids
    }
    #expect(all == [Sample.connectionID, "c-2", "c-3"])
  }
}
