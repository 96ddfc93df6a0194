import AWSSettings
import Clocks
import FoundationEssentials
import GatewayCore
import SigV4

/// The role of an EC2 instance (EC2 User Guide, "Use the Instance Metadata Service").
///
/// Version 2 asks for a token first. Version 1, which doesn't, is spoken only where the service says that it has no
/// tokens, and nobody forbids it.
struct InstanceMetadataSource: CredentialSource {
  static let timeout = Duration.seconds(1)
  static let tokenLifetime = "21600"

  private static let tokenPath = "/latest/api/token"
  private static let rolePath = "/latest/meta-data/iam/security-credentials/"
  private static let statusesWithoutTokens: Set<Int> = [403, 404, 405]

  let surroundings: Surroundings
  let profile: Profile?

  var name: String { "instance metadata" }

  func credentials() async throws(SourceFailure) -> FoundCredentials {
    if surroundings.environment.isTrue("AWS_EC2_METADATA_DISABLED") {
      throw .absent("AWS_EC2_METADATA_DISABLED is true")
    }
    let endpoint = try InstanceMetadataEndpoint(surroundings.environment, profile)
    let token = try await token(endpoint)
    let role = try await role(endpoint, token)
    let answer = try await get(Self.rolePath + role, endpoint, token)
    guard answer.status == 200 else {
      throw .failed("\(endpoint.host) answered with status \(answer.status) for the role '\(role)'")
    }
    let document = try CredentialsDocument.read(answer.body)
    guard document.code == nil || document.code == "Success" else {
      throw .failed("\(endpoint.host) has no credentials of the role '\(role)': it says '\(Self.shown(document.code))'")
    }
    return try document.credentials(source: "instance metadata, role '\(role)'")
  }

  /// The token of version 2; `nil` where version 1 is to be spoken.
  private func token(_ endpoint: InstanceMetadataEndpoint) async throws(SourceFailure) -> Secret? {
    let fields = [(name: "x-aws-ec2-metadata-token-ttl-seconds", value: Self.tokenLifetime)]
    let answer = try await send("PUT", Self.tokenPath, endpoint, fields)
    if answer.status == 200 {
      return try TokenFile.token(String(decoding: answer.body, as: UTF8.self), place: "\(endpoint.host)'s token")
    }
    guard Self.statusesWithoutTokens.contains(answer.status) else {
      throw .failed("\(endpoint.host) answered with status \(answer.status) when asked for a token")
    }
    guard !isVersion1Disabled else {
      throw .failed("\(endpoint.host) has no tokens (status \(answer.status)), and version 1 is disabled")
    }
    return nil
  }

  private var isVersion1Disabled: Bool {
    let setting =
      surroundings.environment["AWS_EC2_METADATA_V1_DISABLED"] ?? profile?.setting("ec2_metadata_v1_disabled")
    return setting?.lowercased() == "true"
  }

  /// The name of the instance's role, which is the first line.
  private func role(_ endpoint: InstanceMetadataEndpoint, _ token: Secret?) async throws(SourceFailure) -> String {
    let answer = try await get(Self.rolePath, endpoint, token)
    guard answer.status == 200 else {
      throw .failed(
        answer.status == 404
          ? "the instance has no role" : "\(endpoint.host) answered with status \(answer.status) for the role's name")
    }
    let line = answer.body.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    // IAM's own characters for names; it becomes a part of a path.
    guard (1...64).contains(line.count), line.allSatisfy({ $0.isASCIIAlphanumeric || $0.isOne(of: "+=,.@_-") }) else {
      throw .failed("\(endpoint.host) gave something that is no role's name")
    }
    return String(decoding: line, as: UTF8.self)
  }

  private func get(
    _ path: String, _ endpoint: InstanceMetadataEndpoint, _ token: Secret?
  ) async throws(SourceFailure) -> UpstreamResponse {
    try await send(
      "GET", path, endpoint, token.map { [(name: "x-aws-ec2-metadata-token", value: $0.exposed)] } ?? [])
  }

  private func send(
    _ method: String, _ path: String, _ endpoint: InstanceMetadataEndpoint, _ fields: [(name: String, value: String)]
  ) async throws(SourceFailure) -> UpstreamResponse {
    let request = UpstreamRequest(
      method: method, url: endpoint.url + path, fields: [(name: "Host", value: endpoint.host)] + fields, body: [])
    do {
      return try await surroundings.transport.send(request, deadline: surroundings.clock.now() + Self.timeout)
    } catch {
      throw .failed("\(endpoint.host): \(error.words)")
    }
  }

  private static func shown(_ code: String?) -> String {
    String((code ?? "").filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(64))
  }
}
