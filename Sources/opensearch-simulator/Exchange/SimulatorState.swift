import Clocks

/// All that changes while the simulator runs, by calls to the service or to the simulator itself.
struct SimulatorState: Sendable {
  let connections: ConnectionStore
  let faults: FaultQueue
  let settings: LiveSettings
  let credentials: CredentialStore
  /// Whether the answers' bytes can be got at.
  let servesPlainHTTP: Bool

  init(seed: SeedFile.Content, settings: Settings, credentials: AcceptedCredentials, servesPlainHTTP: Bool) {
    connections = ConnectionStore(seed.connections, clock: .system)
    faults = FaultQueue(seed.faults)
    self.settings = LiveSettings(settings)
    self.credentials = CredentialStore([credentials])
    self.servesPlainHTTP = servesPlainHTTP
  }

  /// AWS's clock: the machine's, with its offset.
  var clock: WallClock {
    WallClock { [settings] in WallClock.system.now().advanced(by: .seconds(settings.current.clockOffset)) }
  }
}
