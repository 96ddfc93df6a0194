import AWSCredentials
import AWSSettings
import Clocks
import CurlTransport
import GatewayCore
package import Logging
import OpenSearchClient

/// `doctor`: reads the settings of `serve` and tries what they lead to, without changing anything.
package struct Doctor: Sendable {
  /// How long each question to AWS may take.
  private static let patience = Duration.seconds(5)
  /// A larger difference between the clocks makes signatures fail.
  private static let clockTolerance = Duration.seconds(240)

  private let environment: [String: String]
  private let flags: ServeSettings.Flags
  private let logger: Logger

  package init(_ flags: ServeSettings.Flags, environment: [String: String], logger: Logger) {
    self.flags = flags
    self.environment = environment
    self.logger = logger
  }

  /// Looks at everything; what can't be had doesn't keep it from looking at the rest.
  package func report() async -> DoctorReport {
    var report = DoctorReport()
    let settings: ServeSettings?
    do {
      settings = try ServeSettings(flags, environment: environment, isTerminal: false)
      report.checks.append(.init("settings", .ok, "every setting can be used"))
    } catch {
      settings = nil
      report.checks.append(.init("settings", .problem, "\(error)"))
    }
    report.checks.append(libraries)
    if let settings {
      report.region = settings.region.name
      report.endpoint = settings.endpoint.url
      report.checks.append(.init("region", .ok, "\(settings.region.name); it has to be the destination domain's"))
      report.checks.append(.init("endpoint", .ok, settings.endpoint.url))
      await askAWS(settings, &report)
    }
    let tokensPath = settings?.tokensPath ?? Setting.tokens.value(flags.tokens, environment) ?? ""
    let auditPath = settings?.auditPath ?? Setting.auditLog.value(flags.auditLog, environment) ?? ""
    report.checks.append(FileChecks.tokens(path: tokensPath, now: WallClock.system.now()))
    report.checks.append(FileChecks.audit(path: auditPath))
    if let keyPath = settings?.auditSigningKeyPath { report.checks.append(FileChecks.auditSigningKey(path: keyPath)) }
    return report
  }

  private var libraries: DoctorReport.Check {
    do throws(CurlUnusable) {
      try CurlLibrary.prepare()
      return .init("tls", .ok, "libcurl \(CurlLibrary.version) with \(CurlLibrary.tlsLibrary), TLS 1.2 or newer")
    } catch {
      return .init("tls", .problem, error.reason)
    }
  }

  private func askAWS(_ settings: ServeSettings, _ report: inout DoctorReport) async {
    let aws: AWSParts
    do {
      aws = try AWSParts(settings, AWSParts.curlSettings(settings), logger: logger)
    } catch {
      report.checks.append(.init("connection", .problem, "\(error)"))
      return
    }
    switch await aws.credentials.description() {
    case .unavailable(let error):
      report.checks.append(.init("credentials", .problem, error.reason))
    case .found(let source, let accessKeyID, let expiresAt, let lastFailure):
      report.credentials = .init(source: source, accessKeyID: accessKeyID, expiresAt: expiresAt?.iso8601)
      let until = expiresAt.map { "until \($0.iso8601)" } ?? "they don't expire"
      let failure = lastFailure.map { "; the last refresh failed: \($0.reason)" } ?? ""
      report.checks.append(
        .init("credentials", lastFailure == nil ? .ok : .warning, "\(accessKeyID) from \(source), \(until)\(failure)"))
      report.checks.append(await identity(aws))
      report.checks.append(await describe(aws))
    }
    report.checks.append(Self.clock(aws.skewClock))
    aws.loop.stop()
  }

  /// `sts:GetCallerIdentity` needs no rights, so that only the keys, the clock and the way to STS can be at fault.
  private func identity(_ aws: AWSParts) async -> DoctorReport.Check {
    let name = "identity"
    do {
      return .init(name, .ok, try await aws.credentials.callerARN())
    } catch {
      // A gateway that can reach OpenSearch alone does its job all the same.
      return .init(name, .warning, "sts:GetCallerIdentity: \(error.reason)")
    }
  }

  private func describe(_ aws: AWSParts) async -> DoctorReport.Check {
    let name = "describe"
    let report = await aws.client.probe(deadline: ContinuousClock.now + Self.patience)
    do {
      _ = try LookUpTranslation.page(from: report)
      return .init(name, .ok, "es:DescribeInboundConnections is allowed")
    } catch {
      let code = report.answer.code.map { " (\($0))" } ?? ""
      switch error.code {
      case .upstreamDenied where report.answer.code?.hasPrefix("AccessDenied") == true:
        return .init(
          name, .warning,
          "es:DescribeInboundConnections isn't allowed, so unclear rejects can't be looked up\(code); "
            + "deploy/iam-policy.json has what is needed")
      case .upstreamUnreachable: return .init(name, .problem, "the endpoint can't be reached: \(report.cause ?? "")")
      default: return .init(name, .problem, error.detail + code)
      }
    }
  }

  private static func clock(_ clock: SkewClock) -> DoctorReport.Check {
    let name = "clock"
    guard let offset = clock.lastSeenOffset else {
      return .init(name, .warning, "nothing answered, so our clock can't be held against AWS's")
    }
    let seconds = offset.components.seconds
    let text = "AWS's clock is \(seconds) s ahead of ours"
    guard offset > clockTolerance || offset < .zero - clockTolerance else { return .init(name, .ok, text) }
    return .init(name, .warning, "\(text); signatures are corrected for it, but set the clock right (NTP)")
  }
}
