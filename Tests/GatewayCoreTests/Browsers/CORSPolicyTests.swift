import GatewayCore
import HTTPTypes
import Testing

@Suite("CORSPolicy")
struct CORSPolicyTests {
  private static let allowed = "https://tools.example.com"

  private static func policy() throws -> CORSPolicy {
    CORSPolicy([try Origin(allowed), try Origin("http://localhost:3000")])
  }

  private static func request(
    _ method: String = "OPTIONS", origin: String? = allowed, asking: String? = "POST"
  ) throws -> Request {
    var fields: HTTPFields = [:]
    fields[.origin] = origin
    fields[.accessControlRequestMethod] = asking
    return try Sample.request(method: method, fields: fields)
  }

  private static func fields(added request: Request, by policy: CORSPolicy) -> HTTPFields {
    var response = Response(status: .ok)
    policy.add(to: &response, for: request)
    return response.fields
  }

  /// Origins that aren't the allowed ones, though they look like them.
  static let others = [
    "https://other.example.com", "http://tools.example.com", "https://tools.example.com:8443",
    "https://tools.example.com/",
    "https://TOOLS.example.com", "https://tools.example.com.", "https://tools.example.com.evil.example",
    "https://eviltools.example.com", "https://example.com", "null", "", "*", "http://localhost",
    "http://localhost:30000",
    "https://tools.example.com, https://tools.example.com", "https://tools.example.com http://localhost:3000",
  ]

  @Test(
    "The answer for an allowed origin names it, and what a script may read",
    arguments: [allowed, "http://localhost:3000"])
  func allowedOrigin(origin: String) throws {
    let fields = Self.fields(added: try Self.request("GET", origin: origin, asking: nil), by: try Self.policy())
    #expect(
      fields == [
        .vary: "Origin", .accessControlAllowOrigin: origin,
        .accessControlExposeHeaders: "X-Request-Id, Retry-After, WWW-Authenticate, Allow",
      ])
  }

  @Test("The answer for another origin, or none, says only that it depends on it", arguments: others + [nil])
  func otherOrigin(origin: String?) throws {
    #expect(Self.fields(added: try Self.request("GET", origin: origin), by: try Self.policy()) == [.vary: "Origin"])
  }

  @Test("Two Origin headers are none, even if both are allowed")
  func twoOrigins() throws {
    var fields: HTTPFields = [.accessControlRequestMethod: "POST"]
    fields.append(HTTPField(name: .origin, value: Self.allowed))
    fields.append(HTTPField(name: .origin, value: Self.allowed))
    let request = try Sample.request(method: "OPTIONS", fields: fields)
    #expect(try !Self.policy().takesPreflight(request))
    #expect(Self.fields(added: request, by: try Self.policy()) == [.vary: "Origin"])
  }

  @Test("Without any origin nothing is added and no preflight taken")
  func off() throws {
    let policy = CORSPolicy([])
    #expect(Self.fields(added: try Self.request(), by: policy) == [:])
    #expect(try !policy.takesPreflight(Self.request()))
  }

  @Test("A preflight is OPTIONS with an allowed origin and the method that is to come")
  func preflight() throws {
    let policy = try Self.policy()
    #expect(try policy.takesPreflight(Self.request()))
    #expect(try policy.takesPreflight(Self.request(asking: "DELETE")))
    #expect(try !policy.takesPreflight(Self.request(asking: nil)))
    #expect(try !policy.takesPreflight(Self.request("POST")))
    #expect(try !policy.takesPreflight(Self.request("options")))
    #expect(try !policy.takesPreflight(Self.request(origin: nil)))
  }

  @Test("Of another origin none is taken", arguments: others)
  func preflightOfOthers(origin: String) throws {
    #expect(try !Self.policy().takesPreflight(Self.request(origin: origin)))
  }

  @Test("A preflight's answer has no body, the path's methods, the headers a caller needs, and no credentials")
  func preflightResponse() throws {
    let response = try Self.policy().preflightResponse(methods: ["GET", "HEAD"])
    #expect(response.status == .noContent)
    #expect(response.body.isEmpty)
    #expect(
      response.fields == [
        .accessControlAllowMethods: "GET, HEAD",
        .accessControlAllowHeaders: "Authorization, Content-Type, X-Request-Id", .accessControlMaxAge: "600",
      ])
  }
}
