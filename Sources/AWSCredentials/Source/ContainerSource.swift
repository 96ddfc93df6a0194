import AWSSettings
import Clocks
import FoundationEssentials
import GatewayCore
import SigV4

/// The endpoint that ECS, EKS Pod Identity and others offer a container (AWS SDKs and Tools Reference Guide, "Container
/// credential provider").
struct ContainerSource: CredentialSource {
  static let timeout = Duration.seconds(2)
  static let attempts = 3
  static let pause = Duration.seconds(1)

  let surroundings: Surroundings

  var name: String { "container" }

  func credentials() async throws(SourceFailure) -> FoundCredentials {
    let endpoint = try await ContainerEndpoint(surroundings.environment, resolve: surroundings.resolve)
    var fields = [(name: "Host", value: endpoint.host), (name: "Accept", value: "application/json")]
    if let token = try authorizationToken() { fields.append((name: "Authorization", value: token.exposed)) }
    let request = UpstreamRequest(method: "GET", url: endpoint.url, fields: fields, body: [])
    var reason = ""
    for attempt in 1...Self.attempts {
      if attempt > 1 { await surroundings.sleep(Self.pause) }
      switch await answer(to: request) {
      case .success(let response) where response.status == 200:
        return try CredentialsDocument.read(response.body).credentials(
          source: "the container's endpoint \(endpoint.host)")
      case .success(let response):
        reason = "\(endpoint.host) answered with status \(response.status)"
        // Another status than these is the same for the next try.
        guard response.status >= 500 || response.status == 429 else { throw .failed(reason) }
      case .failure(let failure):
        reason = "\(endpoint.host): \(failure.words)"
      }
    }
    throw .failed("\(reason), \(Self.attempts) times")
  }

  private func answer(to request: UpstreamRequest) async -> Result<UpstreamResponse, TransportFailure> {
    do {
      return .success(
        try await surroundings.transport.send(request, deadline: surroundings.clock.now() + Self.timeout))
    } catch {
      return .failure(error)
    }
  }

  /// The token to show the endpoint: from the file, else from the variable.
  private func authorizationToken() throws(SourceFailure) -> Secret? {
    let fileVariable = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
    if let path = surroundings.environment[fileVariable] {
      return try TokenFile.read(path, setting: fileVariable, surroundings)
    }
    let variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
    guard let text = surroundings.environment[variable] else { return nil }
    return try TokenFile.token(text, place: variable)
  }
}
