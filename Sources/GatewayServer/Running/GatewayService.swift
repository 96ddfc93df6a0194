import AWSCredentials
import AuditLog
import CSegments
import Clocks
import CurlTransport
import Digest
import GatewayCore
import HTTPListener
package import Logging
import OpenSearchClient

/// The whole service: put together here, and nowhere else.
package final class GatewayService: Sendable {
  /// How long calls under way may take to end, once no new connections are taken.
  private static let stopTime = Duration.seconds(25)

  private let loop: EventLoop
  private let audit: AuditLog
  private let tokens: TokensReloader
  private let tokenExpiryLog: TokenExpiryLog
  private let credentials: CredentialChain
  private let gateway: Gateway
  private let stopping: StopFlag
  private let watches: (public: ConnectionWatch, admin: ConnectionWatch)
  private let listener: Listener
  private let adminListener: Listener
  private let logger: Logger
  /// How long calls are taken as ever after the signal to stop.
  private let stopDelay: Duration
  /// How much of `stopTime` is over when calls are begun no more.
  private let lastCall: Duration

  /// Opens everything and begins to serve. `nil` if it was told to stop while it waited for another to end
  /// (`--take-over`).
  ///
  /// - Throws: `SettingsError`, naming the setting that can't be used.
  package init?(_ settings: ServeSettings, logger: Logger) throws(SettingsError) {
    self.logger = logger
    stopDelay = settings.stopDelay
    // A call may well take less than it is allowed to, so half of the time is enough for it to be tried.
    lastCall = max(Self.stopTime - settings.requestTimeout, Self.stopTime / 2)
    let table = TokenTable()
    tokens = try Self.loadTokens(settings, table, logger)
    tokenExpiryLog = TokenExpiryLog(table: table, logger: logger)
    watches = try Self.watchConnections(settings, logger)
    let curlSettings = try AWSParts.curlSettings(settings.upstream)
    let sockets = try Self.openSockets(settings)
    let aws = try AWSParts(settings.upstream, curlSettings, logger: logger)
    loop = aws.loop
    credentials = aws.credentials
    if let time = settings.takeOver {
      guard try Self.takeOver(settings, sockets, within: time, logger) else { return nil }
    }
    audit = try Self.openAudit(settings, logger)

    let metrics = Metrics()
    let observer = LoggingObserver(metrics: metrics, logger: logger)
    let trail = AuditTrail(journal: audit, clock: .system, timeout: settings.requestTimeout)
    let exchange = AuditedExchange(audit: trail, clock: .system, timeout: settings.requestTimeout, observer: observer)
    let inFlight = InFlight(limit: settings.maxInFlight)
    let stopping = StopFlag()
    self.stopping = stopping
    let waiter = RejectionWaiter(
      lookUps: aws.client, inFlight: inFlight, clock: .system, sleep: aws.loop.sleep, isStopping: { stopping.isSet })
    let health = Self.health(audit: audit, credentials: credentials, tokens: tokens)
    gateway = Gateway(
      authenticator: Authenticator(table: table, clock: .system),
      rates: RateLimits(
        tokenRate: settings.tokenRate, failureRate: settings.failureRate, clock: .system, observer: observer),
      rejectConnection: RejectConnection(
        exchange: exchange, upstream: aws.client, inFlight: inFlight, waiter: waiter),
      lookUpConnections: LookUpConnections(exchange: exchange, lookUps: aws.client, inFlight: inFlight),
      audit: trail, health: health, openAPIDocument: PackageResources.openapi_json,
      frontPage: FrontPage(
        start: PackageResources.page_start_html, end: PackageResources.page_end_html,
        styleHash: PackageResources.page_style_sha256, clock: .system),
      cors: settings.cors, clock: .system, observer: observer, stopping: stopping)
    let admin = AdminHandler(health: health, isStopping: { stopping.isSet }) { [audit, tokens, watches] in
      var gauges = Metrics.Gauges(
        auditWritable: audit.isWritable, auditRecords: audit.recordCount, tokens: table.count,
        tokensCurrent: tokens.isCurrent, tokensReloadFailures: tokens.failureCount, inFlight: inFlight.count)
      gauges.connections = watches.public.counts
      gauges.auditSuppressed = audit.suppressedCount
      gauges.auditCopiesMissed = audit.copies.missed
      gauges.auditHeadSequence = audit.headSequence
      gauges.auditFreeSpace = audit.condition.freeSpace
      gauges.auditReserveIsLow = audit.condition.isReserveLow
      gauges.add(TokenExpiries(table.tokens, at: WallClock.system.now()))
      return metrics.page(gauges)
    }
    // Waiting for another gateway and reading a long audit log take their time: what was revoked meanwhile counts from the
    // first call on.
    tokens.reloadIfChanged()
    do {
      (listener, adminListener) = try Self.listen(
        settings, watches, sockets, loop: loop, gateway: gateway, admin: admin)
    } catch {
      audit.close()
      throw error
    }
  }

  /// Serves until a signal says stop; then everything accepted is brought to its end.
  ///
  /// What is done once or rarely (a start, reading the tokens) takes several MiB of code and tables that calls don't need:
  /// memory gets rid of them when it is done.
  package func run(_ signals: inout Signals) {
    logStart()
    csegments_let_go_of_read_only_pages()
    var isRunning = true
    while isRunning {
      tokenExpiryLog.look(now: WallClock.system.now())
      switch signals.next(within: 1) {
      case .stop: isRunning = false
      case .reload: reload()
      case nil: reloadTokensIfChanged()
      }
      look()
    }
    stop(&signals)
  }

  /// What is to be done about once a second.
  private func look() {
    audit.copies.report()
    watches.public.closeExpired()
    watches.admin.closeExpired()
  }

  private func reload() {
    logger.notice("reloading")
    tokens.reload()
    credentials.reload()
    audit.reopen()
    csegments_let_go_of_read_only_pages()
  }

  private func reloadTokensIfChanged() {
    if tokens.reloadIfChanged() { csegments_let_go_of_read_only_pages() }
  }

  /// In this order: readiness fails, the delay passes, no new connections are taken, calls under way end.
  private func stop(_ signals: inout Signals) {
    logger.notice("stopping")
    let closing = ContinuousClock.now + stopDelay
    stopping.set(callsUntil: closing + lastCall)
    waitOut(until: closing, &signals)
    listener.stop(deadline: ContinuousClock.now + Self.stopTime) {
      // A token that is revoked now is as dead as ever.
      tokens.reloadIfChanged()
      look()
    } hurry: {
      loop.cancelTransfers()
    }
    adminListener.stop(deadline: ContinuousClock.now + .milliseconds(100)) {}
    audit.close()
    loop.stop()
    logger.notice("stopped")
  }

  /// Serves as ever until then. Told to stop once more, it doesn't wait.
  private func waitOut(until closing: ContinuousClock.Instant, _ signals: inout Signals) {
    while ContinuousClock.now < closing {
      let left = min(closing - ContinuousClock.now, .seconds(1)).components
      switch signals.next(within: Int(left.seconds), nanoseconds: Int(left.attoseconds / 1_000_000_000)) {
      case .stop: return
      case .reload: reload()
      case nil: tokens.reloadIfChanged()
      }
      look()
    }
  }

  private func logStart() {
    logger.notice("listening", metadata: ["listener": "public", "address": "\(listener.address)"])
    logger.notice("listening", metadata: ["listener": "admin", "address": "\(adminListener.address)"])
    // So that the log says now, and not at the first call, if there are none.
    Task(executorPreference: loop) { [credentials] in _ = try? await credentials.credentials() }
  }
}
