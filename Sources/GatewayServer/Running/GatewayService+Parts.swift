import AWSCredentials
import AuditLog
import Clocks
import CurlTransport
import Digest
import GatewayCore
import Glibc
import HTTPListener
import Logging

/// The parts of the service, each with the setting to blame if it can't be had.
extension GatewayService {
  static func loadTokens(
    _ settings: ServeSettings, _ table: TokenTable, _ logger: Logger
  ) throws(SettingsError) -> TokensReloader {
    do {
      let tokens = try TokensReloader(file: TokensFile(path: settings.tokensPath), table: table, logger: logger)
      if table.count == 0 { logger.warning("the tokens file has no tokens, so every call will be refused") }
      return tokens
    } catch {
      throw SettingsError(Setting.tokens.flag, "\(error)")
    }
  }

  /// Lets callers in, who wait in the sockets' queues, and returns once the gateway that has the audit log has let go of
  /// it; `false` if told to stop meanwhile.
  static func takeOver(
    _ settings: ServeSettings, _ sockets: (public: ListeningSocket, admin: ListeningSocket), within time: Duration,
    _ logger: Logger
  ) throws(SettingsError) -> Bool {
    let deadline = ContinuousClock.now + time
    try open(sockets.admin, .adminListen)
    try open(sockets.public, .listen)
    var isTold = false
    LogVacancy(path: settings.auditPath).wait {
      if !isTold {
        logger.notice("taking over, waiting for the audit log", metadata: ["seconds": "\(time.components.seconds)"])
      }
      isTold = true
      return ContinuousClock.now < deadline && !Signals.isStopPending
    }
    return !Signals.isStopPending
  }

  private static func open(_ socket: ListeningSocket, _ setting: Setting) throws(SettingsError) {
    do {
      try socket.open()
    } catch {
      throw SettingsError(setting.flag, "\(error)")
    }
  }

  static func openAudit(_ settings: ServeSettings, _ logger: Logger) throws(SettingsError) -> AuditLog {
    if !PosixFileSystem.isDurable { logger.critical("built to measure: the audit isn't durable") }
    let bounds = AuditBounds(instance: Hex.encode(SecureRandom.bytes(8)), version: Version.current)
    let signer = try auditSigner(settings, logger)
    do {
      return try AuditLog(
        path: settings.auditPath, files: PosixFileSystem(), clock: .system, bounds: bounds, signer: signer,
        copies: AuditCopies(settings.auditCopies, logger: logger), reserve: settings.auditReserve, logger: logger)
    } catch let error as AuditUnavailable {
      throw SettingsError(Setting.auditLog.flag, "\(settings.auditPath) can't be used: \(error.reason)")
    } catch {
      throw SettingsError("threads", "the system can't start one")
    }
  }

  private static func auditSigner(
    _ settings: ServeSettings, _ logger: Logger
  ) throws(SettingsError) -> CheckpointSigner? {
    guard let path = settings.auditSigningKeyPath else { return nil }
    do {
      let signer = try SigningKeyFile(path: path).read()
      logger.info("the audit is signed", metadata: ["keyId": "\(signer.keyID)"])
      return signer
    } catch {
      throw SettingsError(Setting.auditSigningKey.flag, "\(error)")
    }
  }

  static func health(audit: AuditLog, credentials: CredentialChain, tokens: TokensReloader) -> Health {
    Health(checks: [
      .init(name: "audit") { audit.condition.healthState },
      .init(name: "credentials") { await state(of: credentials) },
      .init(name: "tokens") {
        tokens.failure.map { .failing("the last good tokens file counts: \($0)") } ?? .ok
      },
    ])
  }

  /// How long, once it stops, a connection that is kept may bring another call.
  private static let keptTime = Duration.seconds(2)

  /// How long readiness waits for credentials that are being looked up: less than a load balancer waits for it.
  private static let healthPatience = Duration.seconds(2)

  private static func state(of credentials: CredentialChain) async -> HealthState {
    do {
      _ = try await credentials.credentials(deadline: ContinuousClock.now + healthPatience)
      return .ok
    } catch {
      return .failing(error.reason)
    }
  }

  /// Both sockets, bound before anything is written anywhere: a port in use leaves no trace in the audit.
  static func openSockets(
    _ settings: ServeSettings
  ) throws(SettingsError) -> (public: ListeningSocket, admin: ListeningSocket) {
    let sockets = (
      public: try socket(settings.listen, .listen, settings.listenOptions),
      admin: try socket(settings.adminListen, .adminListen, settings.listenOptions)
    )
    guard !sockets.admin.meets(sockets.public) else {
      throw SettingsError(
        Setting.adminListen.flag,
        "\(ListenError(settings.adminListen, code: EADDRINUSE)) by \(Setting.listen.flag) \(sockets.public.address)")
    }
    return sockets
  }

  private static func socket(
    _ address: ListenAddress, _ setting: Setting, _ options: ListenOptions
  ) throws(SettingsError) -> ListeningSocket {
    do {
      return try ListeningSocket(address, options: options)
    } catch {
      throw SettingsError(setting.flag, "\(error)")
    }
  }

  /// The admin listener is for the machine's own tools, which are few.
  private static let adminConnections = 64

  /// Makes room for the connections of the settings, or for as many as the system allows.
  ///
  /// - Returns: what keeps each listener's connections within their limits.
  static func watchConnections(
    _ settings: ServeSettings, _ logger: Logger
  ) throws(SettingsError) -> (public: ConnectionWatch, admin: ConnectionWatch) {
    let available = DescriptorLimit.available
    let upstreamConnections = max(settings.maxInFlight, CurlSettings.keptConnections)
    guard
      let plan = DescriptorPlan(
        connections: settings.maxConnections, adminConnections: adminConnections,
        upstreamConnections: upstreamConnections, available: available),
      DescriptorLimit.raise(to: plan.limit)
    else {
      let least = DescriptorPlan.least(
        connections: settings.maxConnections, adminConnections: adminConnections,
        upstreamConnections: upstreamConnections)
      throw SettingsError(
        Setting.maxConnections.flag,
        "the system lets this process open \(available) files, and it needs \(least) at the least; "
          + "raise the limit (LimitNOFILE=, ulimit -n)")
    }
    if plan.connections < settings.maxConnections {
      logger.warning(
        "fewer connections than asked for, since the system limits open files; raise it (LimitNOFILE=, ulimit -n)",
        metadata: [
          "limit": "\(available)", "wanted": "\(settings.maxConnections)", "connections": "\(plan.connections)",
        ])
    }
    var limits = ConnectionLimits()
    limits.connections = plan.connections
    limits.perAddress = settings.maxConnectionsPerAddress
    var adminLimits = ConnectionLimits()
    adminLimits.connections = adminConnections
    adminLimits.perAddress = adminConnections
    return (ConnectionWatch(limits, trustedProxies: settings.trustedProxies), ConnectionWatch(adminLimits))
  }

  static func listen(
    _ settings: ServeSettings, _ watches: (public: ConnectionWatch, admin: ConnectionWatch),
    _ sockets: (public: ListeningSocket, admin: ListeningSocket), loop: EventLoop,
    gateway: Gateway, admin: AdminHandler
  ) throws(SettingsError) -> (public: Listener, admin: Listener) {
    var configuration = Listener.Configuration(address: settings.listen)
    configuration.keptTime = keptTime
    configuration.trustedProxies = settings.trustedProxies
    configuration.watch = watches.public
    var adminConfiguration = Listener.Configuration(address: settings.adminListen)
    adminConfiguration.watch = watches.admin
    let listener = try listen(configuration, sockets.public, .listen, loop) { .response(await gateway.respond(to: $0)) }
    do {
      return (
        listener,
        try listen(adminConfiguration, sockets.admin, .adminListen, loop) { .response(await admin.respond(to: $0)) }
      )
    } catch {
      // The loop has its daemon: it can't just be let go.
      listener.stop(deadline: ContinuousClock.now) {}
      throw error
    }
  }

  private static func listen(
    _ configuration: Listener.Configuration, _ socket: ListeningSocket, _ setting: Setting, _ loop: EventLoop,
    _ handler: @escaping Listener.Handler
  ) throws(SettingsError) -> Listener {
    do {
      return try Listener(
        configuration, socket: socket, executor: loop, loop: loop, randomBytes: RandomPool().bytes, handler: handler)
    } catch {
      throw SettingsError(setting.flag, "\(error)")
    }
  }
}

extension AuditCondition {
  /// Calls still work while there is little room, or a file was moved and there can't be another, so that these are warnings
  /// alone.
  fileprivate var healthState: HealthState {
    if let failure { return .failing(failure) }
    if let whyNotReopened {
      return .warning(
        "the log's file was moved away and still takes the records, since there can't be a new one: \(whyNotReopened)")
    }
    guard isReserveLow else { return .ok }
    return .warning("\(freeSpace ?? 0) bytes are free, less than the reserve of \(reserve)")
  }
}
