import Clocks
import GatewayCore
package import HTTPListener
import Synchronization

/// The gateway's counters, in Prometheus's text format.
///
/// Labels take few values, all of them known beforehand: routes, statuses, codes, verdicts. No id, no address.
package final class Metrics: Sendable {
  private struct RequestKey: Hashable {
    let route: String
    let status: Int
    let code: String
  }

  private struct UpstreamKey: Hashable {
    let operation: String
    /// The result of a call, or the ending of a request.
    let ending: String
  }

  private struct State {
    var requests = Counts<RequestKey>()
    var upstream = Counts<UpstreamKey>()
    var upstreamRequests = Counts<UpstreamKey>()
    var auditFailures = 0
    var rateLimited: [RateLimits.Kind: Int] = [:]
    var durations = Histogram()
  }

  /// What is asked of others when the metrics are read.
  package struct Gauges: Sendable {
    package let auditWritable: Bool
    package let auditRecords: Int
    package let tokens: Int
    package let tokensCurrent: Bool
    package let tokensReloadFailures: Int
    package let inFlight: Int
    package var auditSuppressed = 0
    /// Records that a copy doesn't have, by its kind.
    package var auditCopiesMissed: [(kind: String, count: Int)] = []
    package var auditHeadSequence = 0
    /// `nil` if that can't be told.
    package var auditFreeSpace: Int64?
    package var auditReserveIsLow = false
    package var connections: ConnectionCounts?
    package var tokensExpired = 0
    package var tokensExpiring = 0
    /// In seconds since 1970; `nil` if no token in force ever ends.
    package var tokensNextExpiry: Int64?

    package init(
      auditWritable: Bool, auditRecords: Int, tokens: Int, tokensCurrent: Bool, tokensReloadFailures: Int,
      inFlight: Int
    ) {
      self.auditWritable = auditWritable
      self.auditRecords = auditRecords
      self.tokens = tokens
      self.tokensCurrent = tokensCurrent
      self.tokensReloadFailures = tokensReloadFailures
      self.inFlight = inFlight
    }
  }

  private let state = Mutex(State())

  package init() {}

  func countRequest(route: String, status: Int, code: ProblemCode?, duration: Duration) {
    let key = RequestKey(route: route, status: status, code: code?.rawValue ?? "")
    state.withLock { state in
      state.requests.add(key)
      if route == "reject" { state.durations.observe(duration) }
    }
  }

  func countUpstream(operation: String, result: String) {
    state.withLock { $0.upstream.add(UpstreamKey(operation: operation, ending: result)) }
  }

  func countUpstreamRequest(operation: String, ending: String) {
    state.withLock { $0.upstreamRequests.add(UpstreamKey(operation: operation, ending: ending)) }
  }

  func countRateLimited(_ kind: RateLimits.Kind) {
    state.withLock { $0.rateLimited[kind, default: 0] += 1 }
  }

  func countAuditFailure() {
    state.withLock { $0.auditFailures += 1 }
  }

  /// The whole page.
  package func page(_ gauges: Gauges) -> String {
    let state = state.withLock { $0 }
    var page = MetricsPage()
    page.counter(
      "requests_total", "Requests answered, by route, HTTP status and problem code.",
      state.requests.all.map { key, count in
        (["route": key.route, "status": String(key.status), "code": key.code], count)
      })
    page.histogram("reject_duration_seconds", "Time from a reject's arrival to its answer.", state.durations)
    page.counter(
      "rate_limited_total",
      "Calls refused as one too many: of their token, or from an address whose tokens were no good.",
      RateLimits.Kind.allCases.map { (["kind": $0.rawValue], state.rateLimited[$0] ?? 0) })
    page.counter(
      "upstream_calls_total", "Calls that got as far as asking AWS, by what was asked and how that ended.",
      state.upstream.all.map { key, count in (["operation": key.operation, "result": key.ending], count) })
    page.counter(
      "upstream_requests_total",
      "Requests to AWS, retries and look-ups of unclear rejects included, by what was asked and how they ended.",
      state.upstreamRequests.all.map { key, count in (["operation": key.operation, "ending": key.ending], count) })
    if let connections = gauges.connections {
      page.gauge("connections_open", "Connections of callers that are open.", connections.open)
      page.counter(
        "connections_refused_total", "Connections closed as they came, since their address had as many as it may.",
        [([:], connections.refused)])
      page.counter(
        "connections_expired_total", "Connections closed since their client took too long.",
        [([:], connections.expired)])
    }
    page.gauge("upstream_in_flight", "Calls to AWS under way.", gauges.inFlight)
    page.counter("audit_records_total", "Audit records on disk.", [([:], gauges.auditRecords)])
    page.gauge(
      "audit_head_sequence", "The number of the last audit record on disk, that is, how many the whole log has.",
      gauges.auditHeadSequence)
    page.counter("audit_failures_total", "Audit records that couldn't be written.", [([:], state.auditFailures)])
    page.counter(
      "audit_suppressed_refusals_total", "Refused calls that a flood made too many to write down one by one, counted.",
      [([:], gauges.auditSuppressed)])
    page.counter(
      "audit_copy_missed_total", "Audit records that a copy (--audit-copy) has missed.",
      gauges.auditCopiesMissed.map { (["copy": $0.kind], $0.count) })
    page.gauge("audit_writable", "1 while the audit log can be written.", gauges.auditWritable ? 1 : 0)
    if let freeSpace = gauges.auditFreeSpace {
      page.gauge("audit_free_bytes", "What is free on the audit log's file system.", Int(freeSpace))
    }
    page.gauge(
      "audit_reserve_low", "1 while less than --audit-reserve is free there.", gauges.auditReserveIsLow ? 1 : 0)
    page.gauge("tokens", "Tokens in the file, expired ones included.", gauges.tokens)
    page.gauge("tokens_expired", "Tokens in the file that have expired.", gauges.tokensExpired)
    page.gauge(
      "tokens_expiring", "Tokens in force that end within 14 days, without one of their name that ends later.",
      gauges.tokensExpiring)
    if let nextExpiry = gauges.tokensNextExpiry {
      page.gauge(
        "tokens_next_expiry_timestamp_seconds", "When the next token in force ends, in seconds since 1970.",
        Int(nextExpiry))
    }
    page.gauge("tokens_current", "1 while they are what the tokens file says.", gauges.tokensCurrent ? 1 : 0)
    page.counter(
      "tokens_reload_failures_total", "Times the tokens file couldn't be used.", [([:], gauges.tokensReloadFailures)])
    return page.text
  }
}

extension Metrics.Gauges {
  mutating func add(_ expiries: TokenExpiries) {
    tokensExpired = expiries.expired
    tokensExpiring = expiries.expiring
    tokensNextExpiry = expiries.next?.seconds
  }
}
