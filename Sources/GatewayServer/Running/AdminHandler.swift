import GatewayCore
import HTTPListener
import HTTPTypes

/// The admin listener's side: `/metrics`, `/livez`, `/readyz`. It is for the machine's own tools, so it has no tokens.
struct AdminHandler: Sendable {
  let health: Health
  let isStopping: @Sendable () -> Bool
  let metricsPage: @Sendable () -> String

  func respond(to request: Request) async -> Response {
    var response: Response
    do throws(Problem) {
      response = try await dispatch(request)
    } catch {
      response = error.response(requestID: request.id)
    }
    StandardFields.add(to: &response, for: request)
    if isStopping() { response.closesConnection = true }
    return response
  }

  private func dispatch(_ request: Request) async throws(Problem) -> Response {
    if let violation = request.violation { throw Problem(violation.code, violation.detail) }
    guard ["/metrics", "/livez", "/readyz"].contains(request.target.path) else {
      throw Problem(.routeNotFound, "There is nothing at this path. There are /metrics, /livez and /readyz.")
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      throw Problem(.methodNotAllowed, "This path takes GET, HEAD only.", fields: [.allow: "GET, HEAD"])
    }
    switch request.target.path {
    case "/livez": return health.live
    case "/readyz": return await health.ready(isStopping: isStopping(), for: .operators)
    default:
      return Response(
        status: .ok, fields: [.contentType: MetricsPage.contentType], body: Array(metricsPage().utf8))
    }
  }
}
