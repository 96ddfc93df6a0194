import AWSCredentials
import AWSSettings
import Clocks
import CurlTransport
import GatewayCore
package import Logging
import OpenSearchClient

/// `doctor`: reads the settings of `serve` and tries what they lead to, without changing anything.
package struct Doctor: Sendable {
  /// How long OpenSearch may take.
  private static let patience = Duration.seconds(5)
  /// The checks that ask AWS.
  private static let awsChecks = ["credentials", "identity", "describe", "clock"]

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
    let upstream = checkSettings(&report)
    let curlSettings = checkTLS(upstream, &report)
    if let upstream, let curlSettings {
      await askAWS(upstream, curlSettings, &report)
    } else {
      report.checks += Self.awsChecks.map { .init($0, .warning, "not tried; put right first what stands above") }
    }
    let tokensPath = Setting.tokens.value(flags.tokens, environment) ?? ""
    let auditPath = Setting.auditLog.value(flags.auditLog, environment) ?? ""
    report.checks.append(FileChecks.tokens(path: tokensPath, now: WallClock.system.now()))
    report.checks.append(FileChecks.audit(path: auditPath))
    if let keyPath = Setting.auditSigningKey.value(flags.auditSigningKey, environment) {
      report.checks.append(FileChecks.auditSigningKey(path: keyPath))
    }
    return report
  }

  /// Region and endpoint are told where these can be had, whatever else is wrong.
  ///
  /// - Returns: where and how AWS is asked; `nil` if that can't be told.
  private func checkSettings(_ report: inout DoctorReport) -> UpstreamSettings? {
    let aws = AWSEnvironment(environment)
    let profile = Result { () throws(AWSSettingsError) in try ProfileFiles(environment: aws).current() }
    let used = UpstreamSettings.profile(aws)
    let region = try? Region(environment: aws, profile: used)
    let endpoint = region.flatMap { try? Endpoint(.openSearch, region: $0, environment: aws, profile: used) }
    report.region = region?.name
    report.endpoint = endpoint?.url
    report.checks = [
      AWSChecks.settings(settingsError, profile: profile), AWSChecks.region(region), AWSChecks.endpoint(endpoint),
    ]
    return try? UpstreamSettings(aws)
  }

  private var settingsError: SettingsError? {
    do {
      _ = try ServeSettings(flags, environment: environment, isTerminal: false)
      return nil
    } catch {
      return error
    }
  }

  /// - Returns: `nil` if no connection can be made with what there is.
  private func checkTLS(_ settings: UpstreamSettings?, _ report: inout DoctorReport) -> CurlSettings? {
    do {
      try CurlLibrary.prepare()
    } catch {
      report.checks.append(.init("tls", .problem, error.reason))
      return nil
    }
    let libraries = "libcurl \(CurlLibrary.version) with \(CurlLibrary.tlsLibrary), TLS 1.2 or newer"
    guard let settings else {
      report.checks.append(.init("tls", .ok, libraries))
      return nil
    }
    do {
      let curlSettings = try AWSParts.curlSettings(settings)
      let trusted = curlSettings.certificateBundle.map { "the certificates in \($0)" } ?? "the system's certificates"
      report.checks.append(.init("tls", .ok, "\(libraries), trusting \(trusted)"))
      return curlSettings
    } catch {
      report.checks.append(.init("tls", .problem, "\(error); \(libraries)"))
      return nil
    }
  }

  private func askAWS(_ settings: UpstreamSettings, _ curlSettings: CurlSettings, _ report: inout DoctorReport) async {
    let aws: AWSParts
    do {
      aws = try AWSParts(settings, curlSettings, logger: logger)
    } catch {
      report.checks += Self.awsChecks.map { .init($0, .problem, "not tried: \(error)") }
      return
    }
    let credentials = await aws.credentials.description()
    report.credentials = DoctorReport.Credentials(credentials)
    report.checks.append(AWSChecks.credentials(credentials))
    if report.credentials == nil {
      report.checks.append(.init("identity", .warning, "not tried, since there are no credentials"))
    } else {
      report.checks.append(AWSChecks.identity(await Self.callerARN(aws.credentials)))
    }
    report.checks.append(AWSChecks.describe(await aws.client.probe(deadline: ContinuousClock.now + Self.patience)))
    report.checks.append(AWSChecks.clock(aws.skewClock.lastSeenOffset))
    aws.loop.stop()
  }

  private static func callerARN(_ credentials: CredentialChain) async -> Result<String, CredentialsUnavailable> {
    do throws(CredentialsUnavailable) {
      return .success(try await credentials.callerARN())
    } catch {
      return .failure(error)
    }
  }
}

extension DoctorReport.Credentials {
  /// `nil` if there are none.
  init?(_ description: CredentialsDescription) {
    guard case .found(let source, let accessKeyID, let expiresAt, _) = description else { return nil }
    self.init(source: source, accessKeyID: accessKeyID, expiresAt: expiresAt?.iso8601)
  }
}
