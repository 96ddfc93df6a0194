import HTTPTypes

/// The headers that every response carries.
package enum StandardFields {
  private static let unchanging = [
    HTTPField(name: .cacheControl, value: "no-store"), HTTPField(name: .xContentTypeOptions, value: "nosniff"),
  ]

  package static func add(to response: inout Response, for request: Request) {
    response.fields.append(HTTPField(name: .xRequestID, value: request.id.description))
    response.fields.append(contentsOf: unchanging)
    // After a refusal that left bytes unread, or a message that can't be trusted, what follows can't be trusted either.
    if request.violation != nil || request.body == .tooLarge {
      response.closesConnection = true
    }
  }
}
