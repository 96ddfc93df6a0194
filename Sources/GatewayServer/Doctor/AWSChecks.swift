import AWSCredentials
import AWSSettings
import Clocks
import GatewayCore

/// What `doctor` says of what AWS, and the settings for it, came to. Pure: each takes what was found.
enum AWSChecks {
  /// The gateway corrects for a larger difference between the clocks; without that, signatures would fail.
  private static let clockTolerance = Duration.seconds(240)

  /// - Parameters:
  ///   - error: what `serve` wouldn't start for.
  ///   - profile: the profile in use.
  static func settings(
    _ error: SettingsError?, profile: Result<Profile?, AWSSettingsError>
  ) -> DoctorReport.Check {
    if let error { return .init("settings", .problem, "\(error); 'serve' doesn't start with it") }
    switch profile {
    case .success(nil): return .init("settings", .ok, "every one can be used; there is no profile")
    case .success(let profile?):
      return .init("settings", .ok, "every one can be used, those of the profile '\(profile.name)' included")
    case .failure(let error):
      return .init("settings", .warning, "\(error.reason); until that is put right, nothing of the profile counts")
    }
  }

  static func region(_ region: Region?) -> DoctorReport.Check {
    guard let region else { return .init("region", .problem, "it isn't known; 'settings' says why") }
    return .init("region", .ok, "\(region.name); it has to be that of the destination domain")
  }

  static func endpoint(_ endpoint: Endpoint?) -> DoctorReport.Check {
    guard let endpoint else { return .init("endpoint", .problem, "it isn't known; 'settings' says why") }
    guard endpoint.scheme == "https" || isLoopback(endpoint.host) else {
      return .init(
        "endpoint", .warning,
        "\(endpoint.url) isn't encrypted: everyone on the way reads and changes what is sent; use an https URL")
    }
    return .init("endpoint", .ok, endpoint.url)
  }

  private static func isLoopback(_ host: String) -> Bool {
    host.hasPrefix("127.") || host.hasPrefix("[::1]") || host.prefix(while: { $0 != ":" }) == "localhost"
  }

  static func credentials(_ description: CredentialsDescription) -> DoctorReport.Check {
    switch description {
    case .unavailable(let error):
      return .init("credentials", .problem, "\(error.reason); set up one of these")
    case .found(let source, let accessKeyID, let expiresAt, let lastFailure):
      let found = "\(accessKeyID) from \(source), \(expiresAt.map { "good until \($0.iso8601)" } ?? "without an end")"
      guard let lastFailure else { return .init("credentials", .ok, found) }
      return .init(
        "credentials", .warning,
        "\(found); the last refresh failed, so see to it before they end: \(lastFailure.reason)")
    }
  }

  /// `sts:GetCallerIdentity` needs no rights: only the keys, the clock or the way to STS can be at fault. A gateway that
  /// reaches OpenSearch alone does its job all the same.
  static func identity(_ arn: Result<String, CredentialsUnavailable>) -> DoctorReport.Check {
    switch arn {
    case .success(let arn): .init("identity", .ok, arn)
    case .failure(let error):
      .init(
        "identity", .warning,
        "STS doesn't say whose credentials these are: \(error.reason); see whether 'describe' works, for which STS isn't "
          + "needed")
    }
  }

  static func describe(_ report: LookUpReport) -> DoctorReport.Check {
    let name = "describe"
    let code = report.answer.code ?? "no code"
    let cause = report.cause ?? "no reason is known"
    switch report.verdict {
    case .accepted, .confirmed:
      return .init(
        name, .ok,
        "es:DescribeInboundConnections is allowed; whether es:RejectInboundConnection is, only a reject would show")
    case .refused, .settled: return refused(report, code)
    case .notUnderstood:
      return .init(
        name, .problem, "what answers isn't OpenSearch's control plane (\(cause)); is the endpoint the right one?")
    case .unreachable:
      return .init(
        name, .problem, "the endpoint can't be reached (\(cause)); look at DNS, routes, firewalls and certificates")
    case .timedOut:
      return .init(name, .problem, "no answer came in time (\(cause)); look at what lies between here and AWS")
    case .noCredentials: return .init(name, .problem, "there is nothing to sign with; 'credentials' says why")
    case .tooLate: return .init(name, .problem, "there was no time left to ask (\(cause)); try again")
    }
  }

  private static func refused(_ report: LookUpReport, _ code: String) -> DoctorReport.Check {
    let name = "describe"
    let said = report.answer.message.map { ": \($0)" } ?? ""
    switch AWSErrorClass(code: report.answer.code) {
    case .denied where code.hasPrefix("AccessDenied"):
      return .init(
        name, .warning,
        "es:DescribeInboundConnections isn't allowed (\(code)), so nothing can be looked up, and what became of a reject "
          + "without an answer stays unknown; deploy/iam-policy.json has the rights that are needed")
    case .denied:
      return .init(
        name, .problem,
        "AWS doesn't take the credentials or the signature (\(code)\(said)); look at the keys and the clock")
    case .throttled: return .init(name, .warning, "AWS takes no more calls for now (\(code)); try again in a while")
    case .notFound, .notRejectable, .validation, .other:
      return .init(name, .problem, "AWS refused or failed (\(code)\(said)); is the endpoint the right one?")
    }
  }

  /// - Parameter offset: how far AWS's clock is ahead of ours; `nil` if nothing showed it.
  static func clock(_ offset: Duration?) -> DoctorReport.Check {
    guard let offset else {
      return .init(
        "clock", .warning, "nothing answered with a date, so our clock can't be held against AWS's; see 'describe'")
    }
    let seconds = offset.components.seconds
    let text = "AWS's clock is \(abs(seconds)) s \(seconds < 0 ? "behind" : "ahead of") ours"
    guard offset > clockTolerance || offset < .zero - clockTolerance else { return .init("clock", .ok, text) }
    return .init("clock", .warning, "\(text); signatures are corrected for it, but set the clock right (NTP)")
  }
}
