import ArgumentParser
import Clocks
import Digest
import GatewayCore
import Glibc
import HTTPListener
import SigV4

/// Stands in for Amazon OpenSearch Service: the two operations on inbound connections, as far as a client can tell.
@main
struct OpenSearchSimulator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "opensearch-simulator",
    abstract: "Stands in for Amazon OpenSearch Service's inbound connections, for tests and for trying things out.",
    usage: "opensearch-simulator --seed <file> [<options>]",
    discussion: HelpText.discussion,
    version: "0.1.0")

  @Option(
    help: ArgumentHelp(
      "Where to listen. Port 0 means any free port; the log's first line has it.", valueName: "host:port"))
  var listen = "127.0.0.1:0"

  @Option(help: ArgumentHelp("A JSON list of connections in the form AWS has for them.", valueName: "file"))
  var seed: String?

  @Option(help: ArgumentHelp("Serve HTTPS with this certificate chain (PEM).", valueName: "file"))
  var tlsCertificate: String?

  @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"))
  var tlsKey: String?

  @Option(help: "The region that requests have to be signed for.")
  var region = "eu-west-1"

  @Option(help: ArgumentHelp("The key id that requests have to be signed with.", valueName: "id"))
  var accessKeyId = "SIMULATORACCESSKEY00"

  @Option(help: ArgumentHelp("Its secret. It protects nothing.", valueName: "secret"))
  var secretAccessKey = "simulator-secret-access-key-not-a-real-one"

  @Option(help: ArgumentHelp("Makes the keys temporary ones: requests have to bring this token.", valueName: "token"))
  var sessionToken: String?

  @Option(
    help: ArgumentHelp("How long a connection is REJECTING before it is REJECTED, e.g. 2s.", valueName: "duration"))
  var rejectingFor = "0s"

  @Option(help: ArgumentHelp("Where the log goes, JSON lines, appended. Else to stdout.", valueName: "file"))
  var log: String?

  func validate() throws {
    // Not left to the parser, which would bury this one line under the whole of the help.
    if seed == nil { throw ValidationError("Missing expected argument '--seed <file>'") }
  }

  func run() throws {
    // First of all, so that every thread that follows leaves these signals to this one.
    let stopSignals = StopSignals()
    do {
      try serve(until: stopSignals)
    } catch {
      StandardError.write(error.description)
      throw ExitCode(EX_CONFIG)
    }
  }

  private func serve(until stopSignals: StopSignals) throws(StartError) {
    let configuration = try listenerConfiguration()
    let state = try state(servesPlainHTTP: configuration.tls == nil)
    let log = try EventLog(path: log)
    let running = try start(configuration, state, log)
    log.write(.listening(address: running.address.description, scheme: configuration.tls == nil ? "http" : "https"))
    // What libmicrohttpd calls back doesn't keep the listener alive.
    withExtendedLifetime(running.listener) { stopSignals.wait() }
    // The process just ends. No line of the log is held back, no connection's state outlives it, and what is still open
    // is a request that stalls or is slow on purpose, which the kernel cuts off.
    _exit(EXIT_SUCCESS)
  }

  private func state(servesPlainHTTP: Bool) throws(StartError) -> SimulatorState {
    guard let rejectingTime = DurationText.duration(rejectingFor), rejectingTime <= .seconds(86_400) else {
      throw StartError("--rejecting-for \(rejectingFor)", "it has to be a duration such as 250ms, 2s or 1m")
    }
    // `validate` saw to it that there is one.
    let seed = try SeedFile.read(
      seed ?? "", faults: FaultReader(servesPlainHTTP: servesPlainHTTP, clock: .system))
    let keys = SigningCredentials(
      accessKeyID: accessKeyId, secretAccessKey: Secret(secretAccessKey),
      sessionToken: sessionToken.map { Secret($0) })
    return SimulatorState(
      seed: seed, settings: Settings(rejectingTime: rejectingTime),
      credentials: AcceptedCredentials(keys: keys, expiresAt: nil), servesPlainHTTP: servesPlainHTTP)
  }

  /// Starts the listener, and the relay in front of it where the bytes are plain.
  private func start(
    _ configuration: Listener.Configuration, _ state: SimulatorState, _ log: EventLog
  ) throws(StartError) -> (listener: Listener, address: ListenAddress) {
    var configuration = configuration
    do {
      let relay = state.servesPlainHTTP ? try Relay(configuration.address) : nil
      if relay != nil { configuration.address = ListenAddress(host: "127.0.0.1", port: 0) }
      let simulator = Simulator(state: state, region: region, relay: relay, log: log)
      let listener = try Listener(
        configuration, executor: globalConcurrentExecutor, randomBytes: SecureRandom.bytes, handler: simulator.answer)
      relay?.start(toPort: listener.address.port ?? 0)
      return (listener, relay?.address ?? listener.address)
    } catch {
      throw StartError("--listen \(listen)", error.description)
    }
  }

  private func listenerConfiguration() throws(StartError) -> Listener.Configuration {
    guard let address = ListenAddress(listen), address.port != nil else {
      throw StartError("--listen \(listen)", "it has to be HOST:PORT or [IPv6]:PORT")
    }
    var configuration = Listener.Configuration(address: address)
    configuration.bodyLimit = Simulator.bodyLimit
    switch (tlsCertificate, tlsKey) {
    case (nil, nil): break
    case (let certificate?, let key?):
      configuration.tls = (
        certificate: try TextFile.read(certificate, flag: "--tls-certificate"),
        key: try TextFile.read(key, flag: "--tls-key")
      )
    case (nil, _?): throw StartError("--tls-key", "it needs --tls-certificate beside it")
    case (_?, nil): throw StartError("--tls-certificate", "it needs --tls-key beside it")
    }
    return configuration
  }
}
