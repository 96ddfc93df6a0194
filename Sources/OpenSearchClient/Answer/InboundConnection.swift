import GatewayCore

/// AWS's `InboundConnection`.
struct InboundConnection: Decodable {
  private enum CodingKeys: String, CodingKey {
    case id = "ConnectionId"
    case status = "ConnectionStatus"
    case mode = "ConnectionMode"
    case local = "LocalDomainInfo"
    case remote = "RemoteDomainInfo"
  }

  private let id: String
  private let status: ConnectionStatus?
  private let mode: String?
  private let local: DomainInformationContainer?
  private let remote: DomainInformationContainer?

  var connection: Connection {
    Connection(
      id: id, status: status?.code, statusMessage: status?.message, mode: mode, local: local?.domain?.domain,
      remote: remote?.domain?.domain)
  }
}

/// AWS's `InboundConnectionStatus`.
private struct ConnectionStatus: Decodable {
  private enum CodingKeys: String, CodingKey {
    case code = "StatusCode"
    case message = "Message"
  }

  let code: String?
  let message: String?
}

/// AWS's `DomainInformationContainer`.
private struct DomainInformationContainer: Decodable {
  private enum CodingKeys: String, CodingKey {
    case domain = "AWSDomainInformation"
  }

  let domain: AWSDomainInformation?
}

/// AWS's `AWSDomainInformation`.
private struct AWSDomainInformation: Decodable {
  private enum CodingKeys: String, CodingKey {
    case ownerID = "OwnerId"
    case name = "DomainName"
    case region = "Region"
  }

  private let ownerID: String?
  private let name: String?
  private let region: String?

  var domain: Connection.Domain {
    Connection.Domain(ownerID: ownerID, name: name, region: region)
  }
}
