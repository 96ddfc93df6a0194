import HTTPTypes

extension HTTPField.Name {
  /// The id that AWS gives each request.
  static let xAmznRequestID = known("x-amzn-RequestId")
  /// The code of an error.
  static let xAmznErrorType = known("x-amzn-ErrorType")
  /// How many milliseconds AWS wants to be left alone.
  static let xAmzRetryAfter = known("x-amz-retry-after")
  /// When the request was signed.
  static let xAmzDate = known("x-amz-date")
  /// The session token of temporary credentials.
  static let xAmzSecurityToken = known("x-amz-security-token")

  /// A name that stands in our source, and so is a token.
  private static func known(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) isn't a header name") }
    return name
  }
}
