import GatewayCore
import HTTPTypes
import Testing

@Suite("StandardFields")
struct StandardFieldsTests {
  @Test("Every response carries the request's id and two headers that keep it from being stored or guessed at")
  func fields() throws {
    var response = Response(status: .ok, fields: [.cacheControl: "max-age=60"])
    StandardFields.add(to: &response, for: try Sample.request())
    #expect(response.fields[.xRequestID] == Sample.requestID)
    #expect(response.fields[values: .cacheControl] == ["no-store"])
    #expect(response.fields[.xContentTypeOptions] == "nosniff")
    #expect(!response.closesConnection)
  }

  @Test("The connection ends after a message that can't be trusted, and after a body that wasn't read")
  func closing() throws {
    let refused = [
      try Sample.request(violation: FramingViolation("Two lengths.")), try Sample.request(body: .tooLarge),
    ]
    for request in refused {
      var response = Response(status: .badRequest)
      StandardFields.add(to: &response, for: request)
      #expect(response.closesConnection)
    }
  }
}
