import HTTPTypes

/// The headers that every response carries.
package enum StandardFields {
  package static func add(to response: inout Response, for request: Request) {
    response.fields[.xRequestID] = request.id.description
    response.fields[.cacheControl] = "no-store"
    response.fields[.xContentTypeOptions] = "nosniff"
    // After a refusal that left bytes unread, or a message that can't be trusted, what follows can't be trusted either.
    if request.violation != nil || request.body == .tooLarge {
      response.closesConnection = true
    }
  }
}
