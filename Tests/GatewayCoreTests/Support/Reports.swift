import Clocks
import GatewayCore

extension ConnectionQuery {
  /// Which connection is looked up, where it is one.
  var id: String {
    filters.first { $0.name == "connection-id" }?.value ?? Sample.connectionID
  }
}

extension UpstreamReport {
  /// One whose answer and attempts don't matter, unless they are given.
  static func with(
    _ verdict: Verdict, _ answer: AWSAnswer = AWSAnswer(requestID: "r-1", httpStatus: 200, attempts: 1),
    attempts: [Attempt] = [], connection: Connection? = nil
  ) -> Self {
    Self(
      verdict: verdict, answer: answer, attempts: attempts, connection: connection, accessKeyID: "AKIDEXAMPLE",
      region: "eu-west-1")
  }

  /// AWS answered with an error.
  static func refused(_ code: String, _ status: Int = 400) -> Self {
    with(
      .refused, AWSAnswer(code: code, message: "said by AWS", requestID: "r-1", httpStatus: status, attempts: 1),
      attempts: [Attempt(operation: operation, ending: .answered, code: code, requestID: "r-1", httpStatus: status)])
  }

  private static var operation: Attempt.Operation {
    Success.self == ConnectionPage.self ? .lookUp : .reject
  }
}

extension RejectionReport {
  /// AWS took the reject.
  static func accepted(_ id: ConnectionID, _ status: String = "REJECTING") -> Self {
    with(
      .accepted(Sample.connection(id.description, status: status)),
      attempts: [Attempt(operation: .reject, ending: .answered, requestID: "r-1", httpStatus: 200)])
  }
}

extension LookUpReport {
  /// AWS showed these connections.
  static func page(_ connections: [Connection], nextToken: String? = nil, requestID: String = "l-1") -> Self {
    with(
      .accepted(ConnectionPage(connections: connections, nextToken: nextToken)),
      AWSAnswer(requestID: requestID, httpStatus: 200, attempts: 1),
      attempts: [Attempt(operation: .lookUp, ending: .answered, requestID: requestID, httpStatus: 200)])
  }
}
