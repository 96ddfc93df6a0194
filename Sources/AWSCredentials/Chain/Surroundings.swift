import AWSSettings
import Clocks
import FoundationEssentials
import GatewayCore

/// What a look-up finds around it: settings, network, clocks, files.
struct Surroundings: Sendable {
  let environment: AWSEnvironment
  let region: Region
  let transport: any HTTPTransport
  let wallClock: WallClock
  let clock: MonotonicClock
  let sleep: @Sendable (Duration) async -> Void
  /// From 0 to 1.
  let random: @Sendable () -> Double
  /// A file's content; `nil` if it can't be read.
  var readFile: @Sendable (String) -> [UInt8]? = { path in
    (try? Data(contentsOf: URL(filePath: path))).map(Array.init)
  }
  /// The addresses of a host name; empty if it has none.
  var resolve: @Sendable (String) async -> [HostAddress] = HostAddress.resolve
  /// How long a `credential_process` may take.
  var processTimeout = Duration.seconds(30)
}
