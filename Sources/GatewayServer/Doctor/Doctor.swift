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
  private static let notTried = "not tried; put right first what stands above"
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
    let settings = checkSettings(&report)
    let isUsable = checkTLS(&report)
    let curlSettings = checkCertificates(settings, &report)
    if let settings, let curlSettings, isUsable {
      await askAWS(settings, curlSettings, &report)
    } else {
      report.checks += Self.awsChecks.map { .init($0, .warning, Self.notTried) }
    }
    let tokensPath = Setting.tokens.value(flags.tokens, environment) ?? ""
    let auditPath = Setting.auditLog.value(flags.auditLog, environment) ?? ""
    report.checks.append(FileChecks.tokens(path: tokensPath, now: WallClock.system.now()))
    report.checks.append(FileChecks.audit(path: auditPath))
    return report
  }

  /// - Returns: `nil` if `serve` wouldn't start with them. Region and endpoint are told where these can be had.
  private func checkSettings(_ report: inout DoctorReport) -> ServeSettings? {
    let settings: ServeSettings?
    do {
      settings = try ServeSettings(flags, environment: environment, isTerminal: false)
      report.checks.append(.init("settings", .ok, "every setting can be used"))
    } catch {
      settings = nil
      report.checks.append(.init("settings", .problem, "\(error)"))
    }
    let aws = AWSEnvironment(environment)
    let files = Result { () throws(AWSSettingsError) in try ProfileFiles(environment: aws) }
    let profile = try? files.get().current()
    let region = try? Region(environment: aws, profile: profile)
    let endpoint = region.flatMap { try? Endpoint(.openSearch, region: $0, environment: aws, profile: profile) }
    report.region = region?.name
    report.endpoint = endpoint?.url
    report.checks += [AWSChecks.profile(files), AWSChecks.region(region), AWSChecks.endpoint(endpoint)]
    return settings
  }

  /// - Returns: whether libcurl can be used.
  private func checkTLS(_ report: inout DoctorReport) -> Bool {
    do {
      try CurlLibrary.prepare()
      report.checks.append(
        .init("tls", .ok, "libcurl \(CurlLibrary.version) with \(CurlLibrary.tlsLibrary), TLS 1.2 or newer"))
      return true
    } catch {
      report.checks.append(.init("tls", .problem, error.reason))
      return false
    }
  }

  /// - Returns: `nil` if no connection can be made with what there is.
  private func checkCertificates(_ settings: ServeSettings?, _ report: inout DoctorReport) -> CurlSettings? {
    guard let settings else {
      report.checks.append(.init("certificates", .warning, Self.notTried))
      return nil
    }
    do {
      let curlSettings = try AWSParts.curlSettings(settings)
      report.checks.append(
        .init(
          "certificates", .ok,
          curlSettings.certificateBundle.map { "those in \($0) are trusted, and no others" }
            ?? "the system's are trusted"))
      return curlSettings
    } catch {
      report.checks.append(.init("certificates", .problem, "\(error)"))
      return nil
    }
  }

  private func askAWS(_ settings: ServeSettings, _ curlSettings: CurlSettings, _ report: inout DoctorReport) async {
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
