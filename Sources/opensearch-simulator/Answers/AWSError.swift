import GatewayCore
import HTTPTypes

/// An error of the service. Codes and statuses are AWS's; where AWS's own words aren't publicly known, the message is
/// ours, and nothing should depend on it.
struct AWSError: Error, Sendable, Equatable {
  let status: HTTPResponse.Status
  let code: String
  let message: String

  /// 409, not 404: the model has it so, and so it is seen on the wire.
  static func connectionNotFound(_ id: ConnectionID) -> AWSError {
    AWSError(status: .conflict, code: "ResourceNotFoundException", message: "Connection not found: \(id)")
  }

  static func notPending(_ connection: InboundConnection) -> AWSError {
    AWSError(
      status: .conflict, code: "DisabledOperationException",
      message: "Connection \(connection.id) is in the state \(connection.status) and can't be rejected.")
  }

  /// A value that breaks a rule of the model, in the words that AWS's framework has for it.
  static func validation(_ value: String, _ rule: String) -> AWSError {
    AWSError(
      status: .badRequest, code: "ValidationException",
      message: "1 validation error detected: Value \(value) failed to satisfy constraint: \(rule)")
  }

  /// Reads a part of a body: what isn't of the shape it should have is a `SerializationException`.
  static func ifMisshapen<Value>(_ read: () throws(ShapeError) -> Value) throws(AWSError) -> Value {
    do throws(ShapeError) {
      return try read()
    } catch {
      throw AWSError(status: .badRequest, code: "SerializationException", message: error.reason)
    }
  }

  static let invalidPaginationToken = AWSError(
    status: .badRequest, code: "InvalidPaginationTokenException", message: "The pagination token isn't valid.")

  static let unknownOperation = AWSError(
    status: .notFound, code: "UnknownOperationException", message: "The operation isn't known.")

  static let throttling = AWSError(status: .badRequest, code: "ThrottlingException", message: "Rate exceeded")
}
