import Clocks
import GatewayCore
import HTTPTypes
import Testing

@testable import GatewayServer

@Suite("Metrics")
struct MetricsTests {
  private static var gauges: Metrics.Gauges {
    var gauges = Metrics.Gauges(
      auditWritable: true, auditRecords: 42, tokens: 3, tokensCurrent: false, tokensReloadFailures: 2, inFlight: 7)
    gauges.auditHeadSequence = 1042
    return gauges
  }

  /// The samples of a page, by name and labels as they are written. Checks the text's form on the way (Prometheus's text
  /// exposition format, version 0.0.4).
  private static func samples(_ page: String) throws -> [String: Double] {
    #expect(page.hasSuffix("\n"))
    var types: [String: String] = [:]
    var samples: [String: Double] = [:]
    var helped: Set<String> = []
    for line in page.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ").map(String.init)
      if line.hasPrefix("# HELP ") {
        #expect(helped.insert(words[2]).inserted, "\(line)")
        #expect(words.count > 3)
      } else if line.hasPrefix("# TYPE ") {
        #expect(helped.contains(words[2]), "\(line)")
        types[words[2]] = words[3]
      } else {
        let sample = try #require(line.wholeMatch(of: /([a-z_]+)(\{([a-z]+="[A-Za-z0-9_.+]*",?)+\})? ([0-9.]+)/))
        let name = String(sample.1)
        let family =
          ["_bucket", "_sum", "_count"].compactMap { suffix in
            name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : nil
          }.first { types[$0] == "histogram" } ?? name
        #expect(types[family] != nil, "\(line)")
        #expect(name.hasPrefix("connection_gateway_"))
        let key = String(name.dropFirst("connection_gateway_".count)) + String(sample.2 ?? "")
        #expect(samples[key] == nil, "twice: \(line)")
        samples[key] = Double(sample.4)
      }
    }
    return samples
  }

  @Test("What is free is shown where that can be told")
  func freeSpace() throws {
    var gauges = Self.gauges
    gauges.auditFreeSpace = 5 << 40
    gauges.auditReserveIsLow = true
    let samples = try Self.samples(Metrics().page(gauges))
    #expect(samples["audit_free_bytes"] == 5_497_558_138_880)
    #expect(samples["audit_reserve_low"] == 1)
  }

  @Test("How it stands with the ends of tokens is shown, and the next end where there is one")
  func expiries() throws {
    var gauges = Self.gauges
    #expect(try Self.samples(Metrics().page(gauges))["tokens_next_expiry_timestamp_seconds"] == nil)
    let tokens = [-1, 60, 86_400, nil].map { seconds in
      TokenEntry(
        name: "ends-\(seconds ?? 0)", hash: Samples.token("a").entry.hash, scopes: [], createdAt: Samples.time,
        expiresAt: seconds.map { Samples.time.advanced(by: .seconds($0)) })
    }
    gauges.add(TokenExpiries(tokens, at: Samples.time))
    let samples = try Self.samples(Metrics().page(gauges))
    #expect(samples["tokens_expired"] == 1)
    #expect(samples["tokens_expiring"] == 2)
    #expect(samples["tokens_next_expiry_timestamp_seconds"] == Double(Samples.time.seconds + 60))
  }

  @Test("Before anything has happened, the page has every metric, at nothing")
  func empty() throws {
    let samples = try Self.samples(Metrics().page(Self.gauges))
    #expect(samples["audit_records_total"] == 42)
    #expect(samples["audit_head_sequence"] == 1042)
    #expect(samples["audit_writable"] == 1)
    #expect(samples["audit_failures_total"] == 0)
    #expect(samples["audit_reserve_low"] == 0)
    #expect(samples["rate_limited_total{kind=\"token\"}"] == 0)
    #expect(samples["rate_limited_total{kind=\"failures\"}"] == 0)
    #expect(samples["audit_free_bytes"] == nil)
    #expect(samples["tokens"] == 3)
    #expect(samples["tokens_current"] == 0)
    #expect(samples["tokens_reload_failures_total"] == 2)
    #expect(samples["upstream_in_flight"] == 7)
    #expect(samples["reject_duration_seconds_count"] == 0)
    #expect(samples["reject_duration_seconds_bucket{le=\"+Inf\"}"] == 0)
  }

  @Test("Requests are counted by route, status and code")
  func requests() throws {
    let metrics = Metrics()
    for _ in 0..<3 { metrics.countRequest(route: "reject", status: 200, code: nil, duration: .zero) }
    metrics.countRequest(route: "reject", status: 409, code: .connectionNotRejectable, duration: .zero)
    metrics.countRequest(route: "none", status: 404, code: .routeNotFound, duration: .zero)
    let samples = try Self.samples(metrics.page(Self.gauges))
    #expect(samples["requests_total{code=\"\",route=\"reject\",status=\"200\"}"] == 3)
    #expect(samples["requests_total{code=\"connection_not_rejectable\",route=\"reject\",status=\"409\"}"] == 1)
    #expect(samples["requests_total{code=\"route_not_found\",route=\"none\",status=\"404\"}"] == 1)
  }

  @Test("Every problem code fits into a label", arguments: ProblemCode.allCases)
  func labels(code: ProblemCode) throws {
    let metrics = Metrics()
    metrics.countRequest(route: "reject", status: code.status.code, code: code, duration: .zero)
    let samples = try Self.samples(metrics.page(Self.gauges))
    #expect(
      samples["requests_total{code=\"\(code.rawValue)\",route=\"reject\",status=\"\(code.status.code)\"}"] == 1)
  }

  @Test("The histogram is cumulative, its last bucket and its count are all of it")
  func histogram() throws {
    let metrics = Metrics()
    for milliseconds in [0, 1, 4, 60, 60, 1500, 70_000] {
      metrics.countRequest(route: "reject", status: 200, code: nil, duration: .milliseconds(milliseconds))
    }
    let samples = try Self.samples(metrics.page(Self.gauges))
    let buckets = try (Histogram.bounds.map(\.label) + ["+Inf"]).map {
      try #require(samples["reject_duration_seconds_bucket{le=\"\($0)\"}"])
    }
    #expect(buckets == [2, 3, 3, 3, 5, 5, 5, 6, 6, 6, 7])
    #expect(samples["reject_duration_seconds_count"] == 7)
    #expect(samples["reject_duration_seconds_sum"] == 71.625)
  }

  @Test("Only rejects have a duration", arguments: ["connection", "connections", "livez", "readyz", "openapi", "none"])
  func otherRoutes(route: String) throws {
    let metrics = Metrics()
    metrics.countRequest(route: route, status: 200, code: nil, duration: .seconds(1))
    #expect(try Self.samples(metrics.page(Self.gauges))["reject_duration_seconds_count"] == 0)
  }

  @Test("Calls to AWS are counted by how they ended, failed audit records one by one")
  func upstreamAndAudit() throws {
    let metrics = Metrics()
    for result in ["accepted", "accepted", "timed_out"] { metrics.countUpstream(operation: "reject", result: result) }
    metrics.countUpstream(operation: "look_up", result: "accepted")
    for _ in 0..<3 { metrics.countUpstreamRequest(operation: "reject", ending: "answered") }
    metrics.countAuditFailure()
    let samples = try Self.samples(metrics.page(Self.gauges))
    #expect(samples["upstream_calls_total{operation=\"reject\",result=\"accepted\"}"] == 2)
    #expect(samples["upstream_calls_total{operation=\"reject\",result=\"timed_out\"}"] == 1)
    #expect(samples["upstream_calls_total{operation=\"look_up\",result=\"accepted\"}"] == 1)
    #expect(samples["upstream_requests_total{ending=\"answered\",operation=\"reject\"}"] == 3)
    #expect(samples["audit_failures_total"] == 1)
  }

  @Test("What many tasks count at a time is all counted")
  func concurrent() async throws {
    let metrics = Metrics()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<500 {
            metrics.countRequest(route: "reject", status: 200, code: nil, duration: .milliseconds(2))
          }
        }
      }
    }
    let samples = try Self.samples(metrics.page(Self.gauges))
    #expect(samples["requests_total{code=\"\",route=\"reject\",status=\"200\"}"] == 4000)
    #expect(samples["reject_duration_seconds_sum"] == 8)
  }
}
