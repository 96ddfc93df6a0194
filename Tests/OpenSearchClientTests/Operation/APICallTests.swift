import GatewayCore
import Testing

@testable import OpenSearchClient

@Suite("APICall")
struct APICallTests {
  @Test("RejectInboundConnection is a PUT on the connection, with no body")
  func reject() throws {
    let call = APICall.reject(try #require(ConnectionID(Sample.connectionID)))
    #expect(call.operation == .reject)
    #expect(call.method == "PUT")
    #expect(call.path == "/2021-01-01/opensearch/cc/inboundConnection/k0i3-xx0bz/reject")
    #expect(call.contentType == nil)
    #expect(call.body.isEmpty)
  }

  @Test("DescribeInboundConnections is a POST with filters, page size and token")
  func describe() throws {
    let call = APICall.describe(
      ConnectionQuery(
        filters: [("local-domain-info.domain-name", "logs-eu"), ("remote-domain-info.domain-name", "archive")],
        maxResults: 100, nextToken: "a\"b"))
    #expect(call.operation == .lookUp)
    #expect(call.method == "POST")
    #expect(call.path == "/2021-01-01/opensearch/cc/inboundConnection/search")
    #expect(call.contentType == "application/json")
    #expect(
      String(decoding: call.body, as: UTF8.self)
        == #"{"Filters":[{"Name":"local-domain-info.domain-name","Values":["logs-eu"]},"#
        + #"{"Name":"remote-domain-info.domain-name","Values":["archive"]}],"MaxResults":100,"NextToken":"a\"b"}"#)
  }

  @Test("One connection is asked for by its id; without filters or token there are no members for them")
  func leftOut() throws {
    let one = APICall.describe(ConnectionQuery(try #require(ConnectionID(Sample.connectionID))))
    #expect(
      String(decoding: one.body, as: UTF8.self)
        == #"{"Filters":[{"Name":"connection-id","Values":["k0i3-xx0bz"]}],"MaxResults":1}"#)
    let all = APICall.describe(ConnectionQuery(filters: [], maxResults: 1))
    #expect(String(decoding: all.body, as: UTF8.self) == #"{"MaxResults":1}"#)
  }
}
