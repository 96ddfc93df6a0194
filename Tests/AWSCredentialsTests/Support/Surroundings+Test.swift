import AWSSettings
import Clocks
import GatewayCore
import Synchronization

@testable import AWSCredentials

/// How long a look-up paused.
final class Pauses: Sendable {
  private let list = Mutex<[Duration]>([])

  var all: [Duration] { list.withLock { $0 } }

  func append(_ duration: Duration) {
    list.withLock { $0.append(duration) }
  }
}

/// Surroundings with nothing real in them.
func surroundings(
  _ variables: [String: String] = [:], transport: any HTTPTransport = FakeTransport.none,
  clock: FakeClock = FakeClock(),
  pauses: Pauses = Pauses(), random: Double = 1, files: [String: String] = [:], hosts: [String: [String]] = [:]
) throws -> Surroundings {
  let region = try Region(environment: AWSEnvironment(["AWS_REGION": "eu-west-1"]), profile: nil)
  return Surroundings(
    environment: AWSEnvironment(variables), region: region, transport: transport, wallClock: clock.wall,
    clock: clock.monotonic, sleep: { pauses.append($0) }, random: { random },
    readFile: { path in files[path].map { Array($0.utf8) } },
    resolve: { name in (hosts[name] ?? []).compactMap(HostAddress.init) })
}

/// The shared files, from texts.
func profileFiles(config: String = "", credentials: String = "", profile: String? = nil) throws -> ProfileFiles {
  var variables = ["AWS_CONFIG_FILE": "/config", "AWS_SHARED_CREDENTIALS_FILE": "/credentials"]
  variables["AWS_PROFILE"] = profile
  return try ProfileFiles(environment: AWSEnvironment(variables)) { path throws(AWSSettingsError) in
    path == "/config" ? config : credentials
  }
}

/// What the source says of its failure; `nil` if it has credentials.
func failure(of source: any CredentialSource) async -> SourceFailure? {
  do throws(SourceFailure) {
    _ = try await source.credentials()
    return nil
  } catch {
    return error
  }
}
