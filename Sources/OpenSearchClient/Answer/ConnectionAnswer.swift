import GatewayCore

/// Reads the bodies of successful answers (AWS API reference, `RejectInboundConnection` and
/// `DescribeInboundConnections`). What AWS leaves out, or gives as null, is `nil`; a member of another type than AWS's model
/// has makes the whole body one that isn't understood.
enum ConnectionAnswer {
  /// The connection in `{"Connection": {…}}`; `nil` if there is none.
  static func connection(in body: [UInt8]) -> Connection? {
    guard let connection = JSON(reading: body)?["Connection"] else { return nil }
    return try? self.connection(connection)
  }

  /// The page in `{"Connections": […], "NextToken": "…"}`; `nil` if the body isn't one.
  static func page(in body: [UInt8]) -> ConnectionPage? {
    guard let page = JSON(reading: body), case .array(let elements) = page["Connections"] else { return nil }
    do throws(TypeMismatch) {
      let token = try page.text("NextToken")
      return ConnectionPage(connections: try elements.map(connection), nextToken: token == "" ? nil : token)
    } catch {
      return nil
    }
  }

  /// AWS's `InboundConnection`.
  private static func connection(_ json: JSON) throws(TypeMismatch) -> Connection {
    guard let id = try json.text("ConnectionId") else { throw TypeMismatch() }
    let status = try json.object("ConnectionStatus")
    return Connection(
      id: id, status: try status?.text("StatusCode"), statusMessage: try status?.text("Message"),
      mode: try json.text("ConnectionMode"), local: try domain(json.object("LocalDomainInfo")),
      remote: try domain(json.object("RemoteDomainInfo")))
  }

  /// AWS's `DomainInformationContainer`, with its `AWSDomainInformation`.
  private static func domain(_ container: JSON?) throws(TypeMismatch) -> Connection.Domain? {
    guard let information = try container?.object("AWSDomainInformation") else { return nil }
    return Connection.Domain(
      ownerID: try information.text("OwnerId"), name: try information.text("DomainName"),
      region: try information.text("Region"))
  }
}

/// Something of another type than AWS's model says.
private struct TypeMismatch: Error {}

extension JSON {
  fileprivate func text(_ name: String) throws(TypeMismatch) -> String? {
    switch try member(name) {
    case nil: nil
    case .string(let text): text
    default: throw TypeMismatch()
    }
  }

  fileprivate func object(_ name: String) throws(TypeMismatch) -> JSON? {
    switch try member(name) {
    case nil: nil
    case .members(let members): .members(members)
    default: throw TypeMismatch()
    }
  }

  /// - Throws: `TypeMismatch`, if this is no object.
  private func member(_ name: String) throws(TypeMismatch) -> JSON? {
    guard case .members = self else { throw TypeMismatch() }
    return self[name] == .null ? nil : self[name]
  }
}
