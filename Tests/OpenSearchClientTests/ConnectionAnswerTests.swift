import GatewayCore
import Testing

@testable import OpenSearchClient

@Suite("ConnectionAnswer")
struct ConnectionAnswerTests {
  @Test("Every field of AWS's answer has its place")
  func whole() {
    let body = """
      {"Connection": {
        "ConnectionId": "k0i3-xx0bz", "ConnectionMode": "DIRECT",
        "ConnectionStatus": {"StatusCode": "REJECTING", "Message": "On its way."},
        "LocalDomainInfo": {"AWSDomainInformation": {"OwnerId": "1", "DomainName": "logs-eu", "Region": "eu-west-1"}},
        "RemoteDomainInfo": {"AWSDomainInformation": {"OwnerId": "2", "DomainName": "archive", "Region": "eu-west-2"}}
      }}
      """
    #expect(
      ConnectionAnswer.connection(in: Array(body.utf8))
        == Connection(
          id: "k0i3-xx0bz", status: "REJECTING", statusMessage: "On its way.", mode: "DIRECT",
          local: Connection.Domain(ownerID: "1", name: "logs-eu", region: "eu-west-1"),
          remote: Connection.Domain(ownerID: "2", name: "archive", region: "eu-west-2")))
  }

  @Test(
    "What AWS leaves out, or says is null, is left out",
    arguments: [
      #"{"Connection":{"ConnectionId":"k0i3-xx0bz"}}"#,
      #"{"Connection":{"ConnectionId":"k0i3-xx0bz","ConnectionStatus":null,"LocalDomainInfo":null}}"#,
      #"{"Connection":{"ConnectionId":"k0i3-xx0bz","ConnectionStatus":{},"LocalDomainInfo":{}}}"#,
    ])
  func partial(_ body: String) {
    #expect(
      ConnectionAnswer.connection(in: Array(body.utf8))
        == Connection(id: "k0i3-xx0bz", status: nil, statusMessage: nil, mode: nil, local: nil, remote: nil))
  }

  @Test("What AWS adds tomorrow passes through or is passed over")
  func newFields() {
    let body =
      #"{"Connection":{"ConnectionId":"k0i3-xx0bz","ConnectionStatus":{"StatusCode":"HIBERNATING","Since":7},"#
      + #""ConnectionMode":"TUNNEL","Tags":[{"Key":"a"}]},"Warnings":[]}"#
    let connection = ConnectionAnswer.connection(in: Array(body.utf8))
    #expect(connection?.status == "HIBERNATING")
    #expect(connection?.mode == "TUNNEL")
  }

  @Test(
    "What tells of no connection is none",
    arguments: [
      "", "{}", "null", "[]", "\"k0i3-xx0bz\"", "{\"Connection\":null}", "{\"Connection\":[]}", "{\"Connection\":{}}",
      "{\"Connection\":{\"ConnectionId\":7}}", "{\"connection\":{\"ConnectionId\":\"k0i3-xx0bz\"}}",
      "{\"Connection\":{\"ConnectionId\":\"k0i3-xx0bz\"", "<html></html>",
      "{\"Connection\":{\"ConnectionId\":\"k0i3-xx0bz\"}}}",
      "{\"Connection\":{\"ConnectionId\":\"k0i3-xx0bz\",\"ConnectionStatus\":\"REJECTED\"}}",
    ])
  func none(_ body: String) {
    #expect(ConnectionAnswer.connection(in: Array(body.utf8)) == nil)
  }
}
