import GatewayCore
import Testing

@Suite("Connection")
struct ConnectionTests {
  @Test("Every field has its place in the answer")
  func whole() {
    let connection = Connection(
      id: "c-1234567890", status: "REJECTING", statusMessage: "On its way.", mode: "DIRECT",
      local: Connection.Domain(ownerID: "123456789012", name: "logs-eu", region: "eu-west-1"),
      remote: Connection.Domain(ownerID: "210987654321", name: "archive", region: "eu-central-1"))
    #expect(
      text(connection)
        == #"{"id":"c-1234567890","status":"REJECTING","statusMessage":"On its way.","mode":"DIRECT","#
        + #""local":{"ownerId":"123456789012","domainName":"logs-eu","region":"eu-west-1"},"#
        + #""remote":{"ownerId":"210987654321","domainName":"archive","region":"eu-central-1"}}"#)
  }

  @Test("What AWS leaves out is left out, never invented")
  func partial() {
    let connection = Connection(
      id: "c-1", status: nil, statusMessage: nil, mode: nil,
      local: Connection.Domain(ownerID: nil, name: "logs-eu", region: nil), remote: nil)
    #expect(text(connection) == #"{"id":"c-1","local":{"domainName":"logs-eu"}}"#)
  }

  @Test("A status or mode that nobody has seen yet passes through")
  func newValues() {
    let connection = Connection(
      id: "c-1", status: "HIBERNATING", statusMessage: nil, mode: "CARRIER_PIGEON", local: nil, remote: nil)
    #expect(text(connection) == #"{"id":"c-1","status":"HIBERNATING","mode":"CARRIER_PIGEON"}"#)
  }

  private func text(_ connection: Connection) -> String {
    String(decoding: connection.json.bytes, as: UTF8.self)
  }
}
