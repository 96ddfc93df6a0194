import GatewayCore
import Testing

@Suite("TokenTable")
struct TokenTableTests {
  @Test("A token's entry is found among others, first, last or between", arguments: 0..<3)
  func found(_ position: Int) {
    let tokens = (0..<3).map { index in
      GatewayToken(random: { [UInt8](repeating: UInt8(index), count: $0) })
    }
    let table = TokenTable(TokensDocument(tokens: tokens.enumerated().map { Sample.entry($1, name: "token-\($0)") }))
    #expect(table.entry(for: tokens[position].hash)?.name == "token-\(position)")
    #expect(table.count == 3)
  }

  @Test("A token that isn't there has no entry, and an empty table has none at all")
  func notFound() {
    #expect(TokenTable(TokensDocument(tokens: [Sample.entry()])).entry(for: Sample.otherToken.hash) == nil)
    #expect(TokenTable().entry(for: Sample.token.hash) == nil)
  }

  @Test("When the tokens are replaced, the new ones count and the old ones don't")
  func replaced() {
    let table = TokenTable(TokensDocument(tokens: [Sample.entry()]))
    table.replace(with: TokensDocument(tokens: [Sample.entry(Sample.otherToken)]))
    #expect(table.entry(for: Sample.token.hash) == nil)
    #expect(table.entry(for: Sample.otherToken.hash) != nil)
    table.replace(with: TokensDocument())
    #expect(table.count == 0)
  }
}
