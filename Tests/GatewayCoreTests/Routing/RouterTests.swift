import GatewayCore
import HTTPTypes
import Testing

@Suite("Router")
struct RouterTests {
  private static func route(_ request: Request) throws -> Route {
    try Router.route(request, cors: CORSPolicy([]))
  }

  @Test(
    "A known path with its method has its route",
    arguments: [
      ("POST", "/connections/c-1234567890/reject", .reject(id: "c-1234567890")),
      ("POST", "/connections/c-1234567890/reject?dryRun=true", .reject(id: "c-1234567890")),
      ("POST", "/connections//reject", .reject(id: "")),
      ("POST", "/connections/%2e%2e/reject", .reject(id: "%2e%2e")),
      ("POST", "/connections/../reject", .reject(id: "..")),
      ("GET", "/connections", .connections), ("HEAD", "/connections?limit=1", .connections),
      ("GET", "/connections/c-1234567890", .connection(id: "c-1234567890")),
      ("HEAD", "/connections/c-1234567890?x", .connection(id: "c-1234567890")),
      ("GET", "/connections/", .connection(id: "")), ("GET", "/connections/reject", .connection(id: "reject")),
      ("GET", "/connections/c-1234567890%2Freject", .connection(id: "c-1234567890%2Freject")),
      ("GET", "/livez", .livez), ("HEAD", "/livez", .livez), ("GET", "/livez?x", .livez),
      ("GET", "/readyz", .readyz), ("HEAD", "/readyz", .readyz),
      ("GET", "/openapi.json", .openAPI), ("HEAD", "/openapi.json", .openAPI),
      ("GET", "/", .page), ("HEAD", "/", .page), ("GET", "/?x", .page),
    ] as [(String, String, Route)])
  func known(method: String, target: String, route: Route) throws {
    #expect(try Self.route(Sample.request(method: method, target: target)) == route)
  }

  @Test(
    "No other spelling of a path leads anywhere",
    arguments: [
      "", "//", "/.", "/%2F", "/index.html", "//livez", "/livez/", "/LIVEZ", "/%6Civez", "/livez%3F", "/./livez",
      "/Connections", "//connections",
      "/connections/c-1234567890/", "/connections//", "/connections/c-1234567890/reject/",
      "/connections/c-1234567890/Reject", "/connections/c-1234567890/accept", "/Connections/c-1234567890/reject",
      "/connections/a/b/reject", "//connections/c-1234567890/reject",
      "/x/connections/c-1234567890/reject", "/metrics", "/connections/c-1234567890/reject;x=1",
    ])
  func unknown(_ target: String) throws {
    for method in ["GET", "POST", "HEAD"] {
      let request = try Sample.request(method: method, target: target)
      let problem = try #require(throws: Problem.self) { try Self.route(request) }
      #expect(problem.code == .routeNotFound)
      #expect(problem.outcome == .notSent)
    }
  }

  @Test(
    "A known path with another method names the methods it takes",
    arguments: [
      ("GET", "/connections/c-1234567890/reject", "POST"), ("HEAD", "/connections/c-1234567890/reject", "POST"),
      ("PUT", "/connections/c-1234567890/reject", "POST"), ("DELETE", "/connections/c-1234567890/reject", "POST"),
      ("post", "/connections/c-1234567890/reject", "POST"), ("POST", "/connections", "GET, HEAD"),
      ("DELETE", "/connections/c-1234567890", "GET, HEAD"), ("PUT", "/connections/", "GET, HEAD"),
      ("POST", "/livez", "GET, HEAD"), ("POST", "/", "GET, HEAD"), ("OPTIONS", "/", "GET, HEAD"),
      ("OPTIONS", "/readyz", "GET, HEAD"), ("get", "/openapi.json", "GET, HEAD"),
    ])
  func otherMethod(method: String, target: String, allow: String) throws {
    let request = try Sample.request(method: method, target: target)
    let problem = try #require(throws: Problem.self) { try Self.route(request) }
    #expect(problem.code == .methodNotAllowed)
    #expect(problem.fields[.allow] == allow)
  }

  @Test(
    "A preflight of an allowed origin is told the methods of a path that there is, and of no other",
    arguments: [
      ("/connections", ["GET", "HEAD"]), ("/connections/c-1234567890", ["GET", "HEAD"]),
      ("/connections/c-1234567890/reject", ["POST"]), ("/connections/NO/reject?x", ["POST"]), ("/", ["GET", "HEAD"]),
      ("/livez", ["GET", "HEAD"]), ("/readyz", ["GET", "HEAD"]), ("/openapi.json", ["GET", "HEAD"]),
      ("/metrics", nil), ("/connections/c-1234567890/accept", nil), ("/connections/c-1234567890/reject/", nil),
    ] as [(String, [String]?)])
  func preflight(target: String, methods: [String]?) throws {
    let cors = CORSPolicy([try Origin("https://a.example")])
    let fields: HTTPFields = [.origin: "https://a.example", .accessControlRequestMethod: "POST"]
    let request = try Sample.request(method: "OPTIONS", target: target, fields: fields)
    guard let methods else {
      let problem = try #require(throws: Problem.self) { try Router.route(request, cors: cors) }
      #expect(problem.code == .routeNotFound)
      return
    }
    #expect(try Router.route(request, cors: cors) == .preflight(methods: methods))
    #expect(throws: Problem.self) { try Self.route(request) }
  }

  @Test(
    "Calls under /connections are audited and no others",
    arguments: [
      ("/connections", true), ("/connections?x", true), ("/connections/", true),
      ("/connections/c-1234567890/reject", true),
      ("/connections/x/y/z", true), ("/connectionsx", false), ("/Connections", false), ("/x/connections", false),
      ("/livez", false), ("/livez?/connections/", false), ("/openapi.json", false), ("/", false), ("", false),
    ])
  func audited(target: String, isAudited: Bool) throws {
    #expect(Router.isAudited(try Sample.request(target: target)) == isAudited)
  }

  @Test(
    "A malformed message that another reader could take for such a call is audited, too",
    arguments: [
      ("/connections/c-1234567890/reject", true), ("//connections/c-1234567890/reject", true),
      ("http://gateway.example/connections/c-1234567890/reject", true), ("/livez", false),
    ])
  func auditedMalformed(target: String, isAudited: Bool) throws {
    let request = try Sample.request(target: target, violation: FramingViolation("Two lengths."))
    #expect(Router.isAudited(request) == isAudited)
  }

  @Test("Routes have a closed set of names, whatever the path's id")
  func names() {
    let routes: [Route] = [
      .reject(id: "a"), .reject(id: "b"), .connection(id: "a"), .connections, .livez, .readyz, .openAPI,
      .page, .preflight(methods: ["GET"]),
    ]
    #expect(
      routes.map(\.name) == [
        "reject", "reject", "connection", "connections", "livez", "readyz", "openapi", "page", "preflight",
      ])
    #expect(routes.map(\.action) == [.reject, .reject, .get, .list, nil, nil, nil, nil, nil])
  }
}
