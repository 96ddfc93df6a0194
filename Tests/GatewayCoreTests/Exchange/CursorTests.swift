import FoundationEssentials
import GatewayCore
import TestSupport
import Testing

@Suite("Cursor")
struct CursorTests {
  private static let filters = "PENDING_ACCEPTANCE\nlogs-eu\n"

  private func refusal(_ text: String, madeFor filters: String = Self.filters) throws -> Problem {
    try #require(throws: Problem.self) { try Cursor(text, madeFor: filters) }
  }

  @Test("Whatever token AWS gives, the cursor brings it back", arguments: 0..<200 as Range<UInt64>)
  func roundTrip(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let token = random.text() + "\n/+=x"
    let filters = random.text()
    let cursor = Cursor(nextToken: token, madeFor: filters)
    #expect(try Cursor(cursor.text, madeFor: filters) == cursor)
    #expect(Array(try Cursor(cursor.text, madeFor: filters).nextToken.utf8) == Array(token.utf8))
  }

  @Test("It can stand in a query as it is, and tells callers neither token nor filters", arguments: [1, 2, 3, 4, 5])
  func plain(_ length: Int) {
    let token = String(repeating: "?", count: length)
    let text = Cursor(nextToken: "next-\(token)~", madeFor: Self.filters).text
    #expect(text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: "-_") })
    #expect(!text.contains("next") && !text.contains("logs"))
  }

  @Test(
    "What isn't a cursor is refused and named",
    arguments: [
      "x", "====", "a b", "%%%", "\u{0}", "é", "bmV4dA", "Cg", "\n", String(repeating: "A", count: 22),
      String(repeating: "A", count: 5000),
    ])
  func garbage(_ text: String) throws {
    let problem = try refusal(text)
    #expect(problem.code == .invalidRequest)
    #expect(problem.outcome == .notSent)
    #expect(problem.detail.contains("'cursor'"))
    #expect(!problem.detail.contains(text) || text == "x")
  }

  @Test("One with the right filters and no token is refused")
  func emptyToken() throws {
    let text = Cursor(nextToken: "", madeFor: Self.filters).text
    #expect(try refusal(text).detail.contains("'cursor'"))
  }

  @Test(
    "One that was made for other filters is refused, and says so",
    arguments: ["", "PENDING_ACCEPTANCE\n\n", "PENDING_ACCEPTANCE\nlogs-eu\nx", "ACTIVE\nlogs-eu\n", "\nlogs-eu\n"])
  func otherFilters(_ filters: String) throws {
    let text = Cursor(nextToken: "next", madeFor: Self.filters).text
    let problem = try refusal(text, madeFor: filters)
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains("other filters"))
  }

  @Test("With any one character changed it is refused, or holds a token that AWS never gave", arguments: 1...6)
  func tampered(_ length: Int) throws {
    let cursor = Cursor(nextToken: String(repeating: "t", count: length), madeFor: Self.filters)
    let characters = Array(cursor.text)
    for index in characters.indices {
      for replacement in "ABCXYZabcxyz0189-_" where replacement != characters[index] {
        var changed = characters
        changed[index] = replacement
        let read = try? Cursor(String(changed), madeFor: Self.filters)
        #expect(read?.nextToken != cursor.nextToken, "\(index) \(replacement)")
      }
    }
  }

  @Test("Cut short or drawn out, it is refused, or holds a token that AWS never gave", arguments: 1...6)
  func cut(_ length: Int) throws {
    let cursor = Cursor(nextToken: String(repeating: "t", count: length), madeFor: Self.filters)
    for text in cursor.text.indices.map({ String(cursor.text[..<$0]) })
      + ["A", "AA", "=", "==", "\n"].map({ cursor.text + $0 })
    {
      let read = try? Cursor(text, madeFor: Self.filters)
      #expect(read?.nextToken != cursor.nextToken, "\(text)")
    }
  }
}
