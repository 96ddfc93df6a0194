import GatewayCore
import Testing

@testable import OpenSearchClient

@Suite("ConnectionAnswer, pages")
struct ConnectionPageTests {
  private func read(_ body: String) -> ConnectionPage? {
    ConnectionAnswer.page(in: Array(body.utf8))
  }

  @Test("A page is AWS's connections in their order, and the token for the next")
  func whole() throws {
    let page = try #require(
      read(
        #"{"Connections":[{"ConnectionId":"b","ConnectionStatus":{"StatusCode":"ACTIVE"}},{"ConnectionId":"a"}],"#
          + #""NextToken":"t=="}"#))
    #expect(page.connections.map(\.id) == ["b", "a"])
    #expect(page.connections.map(\.status) == ["ACTIVE", nil])
    #expect(page.nextToken == "t==")
  }

  @Test(
    "No token, a null one and an empty one all end the list",
    arguments: [#"{"Connections":[]}"#, #"{"Connections":[],"NextToken":null}"#, #"{"Connections":[],"NextToken":""}"#])
  func last(_ body: String) {
    #expect(read(body) == ConnectionPage(connections: [], nextToken: nil))
  }

  @Test(
    "What isn't a page is none",
    arguments: [
      "", "{}", "[]", "null", "garbage", #"{"Connections":null}"#, #"{"Connections":{}}"#, #"{"Connections":[{}]}"#,
      #"{"Connections":[{"ConnectionId":7}]}"#, #"{"Connections":["a"]}"#, #"{"Connections":[],"NextToken":7}"#,
      #"{"Connections":[{"ConnectionId":"a"}"#,
    ])
  func none(_ body: String) {
    #expect(read(body) == nil)
  }
}
