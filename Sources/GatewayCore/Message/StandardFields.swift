import HTTPTypes

/// The headers that every response carries.
package enum StandardFields {
  package static func add(to response: inout Response, for request: Request) {
    // No response has them before; to set them would be to look for them first.
    response.fields.append(HTTPField(name: .xRequestID, value: request.id.description))
    response.fields.append(HTTPField(name: .cacheControl, value: "no-store"))
    response.fields.append(HTTPField(name: .xContentTypeOptions, value: "nosniff"))
    // After a refusal that left bytes unread, or a message that can't be trusted, what follows can't be trusted either.
    if request.violation != nil || request.body == .tooLarge {
      response.closesConnection = true
    }
  }
}
