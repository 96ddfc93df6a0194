import AWSCredentials
import AuditLog
import Clocks
import CurlTransport
import Digest
import GatewayCore
import HTTPListener
package import Logging
import OpenSearchClient

/// The whole service: put together here, and nowhere else.
package final class GatewayService: Sendable {
  /// How long calls under way may take to end after SIGTERM.
  private static let stopTime = Duration.seconds(25)

  private let loop: EventLoop
  private let audit: AuditLog
  private let tokens: TokensReloader
  private let credentials: CredentialChain
  private let gateway: Gateway
  private let listener: Listener
  private let adminListener: Listener
  private let logger: Logger

  /// Opens everything and begins to serve.
  ///
  /// - Throws: `SettingsError`, naming the setting that can't be used.
  package init(_ settings: ServeSettings, logger: Logger) throws(SettingsError) {
    self.logger = logger
    let table = TokenTable()
    tokens = try Self.loadTokens(settings, table, logger)
    let curlSettings = try Self.curlSettings(settings)
    let sockets = try Self.openSockets(settings)
    loop = try Self.startLoop(curlSettings)
    audit = try Self.openAudit(settings, logger)
    credentials = CredentialChain(environment: settings.aws)

    let metrics = Metrics()
    let observer = LoggingObserver(metrics: metrics, logger: logger)
    let trail = AuditTrail(journal: audit, clock: .system)
    let upstream = OpenSearchClient(
      region: settings.region, endpoint: settings.endpoint, userAgent: "connection-gateway/\(Version.current)",
      credentials: credentials, transport: CurlTransport(loop: loop, settings: curlSettings), wallClock: .system,
      clock: .system)
    let health = Self.health(audit: audit, credentials: credentials, tokens: tokens)
    gateway = Gateway(
      authenticator: Authenticator(table: table, clock: .system),
      rejectConnection: RejectConnection(
        audit: trail, upstream: upstream, clock: .system, timeout: settings.requestTimeout, observer: observer),
      audit: trail, health: health, openAPIDocument: PackageResources.openapi_json, clock: .system,
      observer: observer)
    let admin = AdminHandler(health: health, isStopping: { [gateway] in gateway.isStopping }) { [audit, tokens] in
      metrics.page(
        Metrics.Gauges(
          auditWritable: audit.isWritable, auditRecords: audit.recordCount, tokens: table.count,
          tokensCurrent: tokens.isCurrent, tokensReloadFailures: tokens.failureCount))
    }
    do {
      (listener, adminListener) = try Self.listen(settings, sockets, loop: loop, gateway: gateway, admin: admin)
    } catch {
      audit.close()
      throw error
    }
  }

  /// Serves until a signal says stop; then everything accepted is brought to its end.
  package func run(_ signals: inout Signals) {
    logStart()
    var isRunning = true
    while isRunning {
      switch signals.next(within: 1) {
      case .stop: isRunning = false
      case .reload: reload()
      case nil: tokens.reloadIfChanged()
      }
    }
    stop()
  }

  private func reload() {
    logger.notice("reloading")
    tokens.reload()
    credentials.reload()
    audit.reopen()
  }

  private func stop() {
    logger.notice("stopping")
    gateway.stop()
    listener.stop(deadline: ContinuousClock.now + Self.stopTime) { [loop] in loop.cancelTransfers() }
    adminListener.stop(deadline: ContinuousClock.now) {}
    audit.close()
    loop.stop()
    logger.notice("stopped")
  }

  private func logStart() {
    logger.notice("listening", metadata: ["listener": "public", "address": "\(listener.address)"])
    logger.notice("listening", metadata: ["listener": "admin", "address": "\(adminListener.address)"])
    Task(executorPreference: loop) { [credentials, logger] in
      do {
        _ = try await credentials.credentials()
      } catch {
        logger.error("no usable AWS credentials, so every call will be refused", metadata: ["reason": "\(error)"])
      }
    }
  }
}
