import FoundationEssentials
import GatewayCore

/// Reads the bodies of successful answers (AWS API reference, `RejectInboundConnection` and
/// `DescribeInboundConnections`).
enum ConnectionAnswer {
  private static let decoder = JSONDecoder()

  private struct Single: Decodable {
    private enum CodingKeys: String, CodingKey {
      case connection = "Connection"
    }

    let connection: InboundConnection
  }

  private struct Page: Decodable {
    private enum CodingKeys: String, CodingKey {
      case connections = "Connections"
      case nextToken = "NextToken"
    }

    let connections: [InboundConnection]?
    let nextToken: String?
  }

  /// The connection in `{"Connection": {…}}`; `nil` if there is none.
  static func connection(in body: [UInt8]) -> Connection? {
    (try? decoder.decode(Single.self, from: Data(body)))?.connection.connection
  }

  /// The page in `{"Connections": […], "NextToken": "…"}`; `nil` if the body isn't one.
  static func page(in body: [UInt8]) -> ConnectionPage? {
    guard let page = try? decoder.decode(Page.self, from: Data(body)), let connections = page.connections else {
      return nil
    }
    let token = page.nextToken.flatMap { $0.isEmpty ? nil : $0 }
    return ConnectionPage(connections: connections.map(\.connection), nextToken: token)
  }
}
