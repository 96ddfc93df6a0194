package import HTTPTypes

/// A response as the listener sends it.
package struct Response: Sendable, Equatable {
  package var status: HTTPResponse.Status
  package var fields: HTTPFields
  package var body: [UInt8]
  /// Whether the connection ends with this response (`Connection: close`).
  package var closesConnection: Bool
  /// Which problem it tells of; `nil` for a success. For metrics and log: the caller reads it in the body.
  package var code: ProblemCode?

  package init(
    status: HTTPResponse.Status, fields: HTTPFields = [:], body: [UInt8] = [], closesConnection: Bool = false,
    code: ProblemCode? = nil
  ) {
    self.status = status
    self.fields = fields
    self.body = body
    self.closesConnection = closesConnection
    self.code = code
  }

  /// A response with a JSON body.
  package static func json(
    _ value: JSON, status: HTTPResponse.Status = .ok, contentType: String = "application/json"
  ) -> Response {
    Response(status: status, fields: [.contentType: contentType], body: value.bytes)
  }
}
