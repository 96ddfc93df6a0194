import AWSSettings
import Clocks
import GatewayCore
import SigV4

/// AWS Security Token Service, as far as roles need it (STS API reference; the Query protocol: a form goes there, XML comes
/// back).
struct STSClient {
  private static let signingName = "sts"
  private static let timeout = Duration.seconds(5)
  private static let usualAttempts = 3

  private let surroundings: Surroundings
  private let endpoint: Endpoint

  /// - Throws: `SourceFailure.failed`, if the settings name no endpoint.
  init(_ surroundings: Surroundings, profile: Profile?) throws(SourceFailure) {
    self.surroundings = surroundings
    do {
      endpoint = try Endpoint(
        .sts, region: surroundings.region, environment: surroundings.environment, profile: profile)
    } catch {
      throw .failed("STS can't be asked: \(error.variable) \(error.reason)")
    }
  }

  /// `AssumeRole`, signed with `credentials`.
  func assumeRole(_ role: Role, with credentials: SigningCredentials) async throws(SourceFailure) -> FoundCredentials {
    try await send(.assumeRole(role, defaultSessionName: defaultSessionName), credentials).credentials(of: role)
  }

  /// `AssumeRoleWithWebIdentity`, not signed: the token stands for the caller. Its file is read now.
  func assumeRole(with identity: WebIdentity) async throws(SourceFailure) -> FoundCredentials {
    let token = try TokenFile.read(identity.tokenFile, setting: identity.setting, surroundings)
    let action = STSAction.assumeRole(
      identity.role, webIdentityToken: token, defaultSessionName: defaultSessionName)
    return try await send(action, nil).credentials(of: identity.role)
  }

  /// `GetCallerIdentity`: the ARN of whom `credentials` are. It needs no rights.
  func callerARN(_ credentials: SigningCredentials) async throws(SourceFailure) -> String {
    // Somebody waits for it, and no call depends on it.
    guard let arn = try await send(.getCallerIdentity, credentials, attempts: 1).callerARN else {
      throw .failed("STS's answer has no Arn")
    }
    return arn
  }

  /// What CloudTrail shows where nobody gave the session a name.
  private var defaultSessionName: String {
    "connection-gateway-\(surroundings.wallClock.now().seconds)"
  }

  private func send(
    _ action: STSAction, _ credentials: SigningCredentials?, attempts: Int = usualAttempts
  ) async throws(SourceFailure) -> STSAnswer {
    var attempt = 1
    while true {
      let failure: STSFailure
      switch await answer(to: action, credentials) {
      case .success(let response) where response.status == 200:
        guard let answer = STSAnswer(response.body) else {
          throw .failed("\(action.failureWords) at \(endpoint.url): the answer isn't understood")
        }
        return answer
      case .success(let response):
        failure = STSFailure(response, hiding: action.secrets + (credentials.map(Self.secrets) ?? []))
      case .failure(let error):
        failure = STSFailure(error)
      }
      guard failure.isTransient, attempt < attempts else {
        throw .failed("\(action.failureWords) at \(endpoint.url): \(failure.words)")
      }
      await surroundings.sleep(failure.delay(after: attempt, random: surroundings.random()))
      attempt += 1
    }
  }

  private func answer(
    to action: STSAction, _ credentials: SigningCredentials?
  ) async -> Result<UpstreamResponse, TransportFailure> {
    let path = endpoint.basePath + "/"
    let body = Array(action.form.exposed.utf8)
    var fields = [
      (name: "Host", value: endpoint.host),
      (name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8"),
      (name: "User-Agent", value: "connection-gateway/\(Version.current)"),
    ]
    if let credentials {
      let signer = Signer(region: surroundings.region.name, service: Self.signingName)
      fields += signer.sign(
        method: "POST", host: endpoint.host, path: path, body: body, credentials: credentials,
        time: surroundings.wallClock.now())
    }
    let request = UpstreamRequest(
      method: "POST", url: "\(endpoint.scheme)://\(endpoint.host)\(path)", fields: fields, body: body)
    do {
      return .success(
        try await surroundings.transport.send(request, deadline: surroundings.clock.now() + Self.timeout))
    } catch {
      return .failure(error)
    }
  }

  private static func secrets(of credentials: SigningCredentials) -> [Secret] {
    [credentials.secretAccessKey] + (credentials.sessionToken.map { [$0] } ?? [])
  }
}
