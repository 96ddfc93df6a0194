import GatewayCore
import HTTPTypes
import Testing

@testable import GatewayServer

@Suite("AdminHandler")
struct AdminHandlerTests {
  private static func respond(
    to request: Request, passing: Bool = true, isStopping: Bool = false
  ) async -> Response {
    let health = Health(checks: [
      .init(name: "audit") { passing ? .ok : .failing("broken") }, .init(name: "tokens") { .ok },
    ])
    return await AdminHandler(health: health, isStopping: { isStopping }, metricsPage: { "# the page\n" })
      .respond(to: request)
  }

  private static func text(_ response: Response) -> String {
    String(decoding: response.body, as: UTF8.self)
  }

  @Test("/metrics is the page, in Prometheus's media type", arguments: ["GET", "HEAD"])
  func metrics(method: String) async {
    let response = await Self.respond(to: Samples.request(method, "/metrics"))
    #expect(response.status == .ok)
    #expect(response.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(Self.text(response) == "# the page\n")
  }

  @Test("/livez is 200 whatever is wrong", arguments: [true, false])
  func live(passing: Bool) async {
    let response = await Self.respond(to: Samples.request("GET", "/livez"), passing: passing, isStopping: !passing)
    #expect(response.status == .ok)
    #expect(Self.text(response) == #"{"status":"ok"}"#)
  }

  @Test("/readyz is 200 if every check passes and nothing stops, else 503", arguments: [true, false], [true, false])
  func ready(passing: Bool, isStopping: Bool) async {
    let response = await Self.respond(to: Samples.request("GET", "/readyz"), passing: passing, isStopping: isStopping)
    let isReady = passing && !isStopping
    #expect(response.status == (isReady ? .ok : .serviceUnavailable))
    // Why it fails is said here, to operators.
    let audit = #"{"name":"audit","status":\#(passing ? #""ok""# : #""failing","detail":"broken""#)}"#
    let serving = isStopping ? #",{"name":"serving","status":"failing","detail":"the gateway is stopping"}"# : ""
    #expect(
      Self.text(response)
        == #"{"status":"\#(isReady ? "ready" : "not_ready")","checks":[\#(audit),{"name":"tokens","status":"ok"}\#(serving)]}"#
    )
  }

  @Test(
    "Any other path is 404",
    arguments: ["/", "/metrics/", "/Metrics", "/connections/abcdefghij/reject", "/openapi.json", "/%6detrics"])
  func notFound(path: String) async {
    let response = await Self.respond(to: Samples.request("GET", path))
    #expect(response.status == .notFound)
    #expect(Self.text(response).contains(#""code":"route_not_found""#))
    #expect(response.fields[.contentType] == "application/problem+json")
  }

  @Test(
    "Any other method is 405, with what is allowed", arguments: ["POST", "PUT", "DELETE", "OPTIONS", "get"],
    ["/metrics", "/livez", "/readyz"])
  func methodNotAllowed(method: String, path: String) async {
    let response = await Self.respond(to: Samples.request(method, path))
    #expect(response.status == .methodNotAllowed)
    #expect(response.fields[.allow] == "GET, HEAD")
  }

  @Test("A message that can't be trusted is refused before its path is looked at, and its connection closed")
  func violation() async {
    let response = await Self.respond(
      to: Samples.request("GET", "/metrics", violation: FramingViolation("Two Hosts.")))
    #expect(response.status == .badRequest)
    #expect(response.closesConnection)
    #expect(!Self.text(response).contains("the page"))
  }

  @Test("Every answer has the headers that every answer has", arguments: ["/metrics", "/livez", "/readyz", "/nothing"])
  func standardFields(path: String) async throws {
    let response = await Self.respond(to: Samples.request("GET", path))
    #expect(response.fields[.xRequestID] == String(repeating: "ab", count: 16))
    #expect(response.fields[.cacheControl] == "no-store")
    #expect(response.fields[.xContentTypeOptions] == "nosniff")
    #expect(!response.closesConnection)
  }
}
