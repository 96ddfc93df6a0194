import Clocks
import GatewayCore

/// The two operations, carried out.
struct Service: Sendable {
  let connections: ConnectionStore

  /// Carries it out.
  ///
  /// - Parameters:
  ///   - settings: how the service behaves now.
  ///   - lag: how far a look-up is behind, where it isn't what the settings say.
  ///   - applies: `false` for what the answer would be, with nothing done.
  /// - Throws: the error that AWS has for it.
  func perform(
    _ operation: Operation, body: [UInt8], settings: Settings, lag: Lag?, applies: Bool
  ) throws(AWSError) -> JSON {
    switch operation {
    case .reject(let text):
      // AWS's model has the pattern without anchors; no id is known to be taken that doesn't fit from end to end.
      guard let id = ConnectionID(text) else {
        throw .validation(
          "'\(text)' at 'connectionId'",
          "Member must have length from 10 to 256 and satisfy regular expression pattern: [a-z][a-z0-9\\-]+")
      }
      let connection = try connections.reject(id, for: settings.rejectingTime, applies: applies)
      return .object([("Connection", connection.json)])
    case .describe:
      let request = try SearchRequest(body: body)
      return try connections.search(request, lag: lag ?? settings.lag, lengths: settings.pageLengths).json
    }
  }
}
