import AWSCredentials
import AWSSettings
import Clocks
import GatewayCore
import Testing

@testable import GatewayServer

@Suite("AWSChecks")
struct AWSChecksTests {
  private typealias Status = DoctorReport.Check.Status

  private static let end = Timestamp(seconds: 1_795_370_400)
  private static let page = ConnectionPage(connections: [])

  private static func profile(_ config: String, named name: String? = nil) -> Result<Profile?, AWSSettingsError> {
    var variables = ["AWS_CONFIG_FILE": "/config", "AWS_SHARED_CREDENTIALS_FILE": "/credentials"]
    variables["AWS_PROFILE"] = name
    return Result { () throws(AWSSettingsError) in
      try ProfileFiles(environment: AWSEnvironment(variables)) { path throws(AWSSettingsError) in
        path == "/config" ? config : nil
      }.current()
    }
  }

  @Test("The profile that counts is named, and that there is none is no fault")
  func settings() {
    let work = AWSChecks.settings(nil, profile: Self.profile("[profile work]", named: "work"))
    #expect(work == .init("settings", .ok, "every one can be used, those of the profile 'work' included"))
    #expect(AWSChecks.settings(nil, profile: Self.profile("")).status == .ok)
  }

  @Test("A setting that serve doesn't start with is a problem, whatever the profile is")
  func badSetting() {
    let error = SettingsError("--listen", "'x' has to be HOST:PORT")
    for config in ["", "nonsense"] {
      let check = AWSChecks.settings(error, profile: Self.profile(config))
      #expect(check.status == .problem)
      #expect(check.detail.contains("--listen: 'x' has to be HOST:PORT"))
    }
  }

  @Test("A profile that was asked for and isn't there, and a malformed line, are warned of")
  func badProfile() {
    let missing = AWSChecks.settings(nil, profile: Self.profile("", named: "work"))
    #expect(missing.status == .warning)
    #expect(missing.detail.contains("'work'") && missing.detail.contains("/config"))
    let malformed = AWSChecks.settings(nil, profile: Self.profile("[default]\nnonsense"))
    #expect(malformed.status == .warning)
    #expect(malformed.detail.contains("/config, line 2"))
  }

  @Test("An endpoint without encryption is warned of, unless it is on this machine")
  func endpoint() throws {
    let region = try Region(environment: AWSEnvironment(["AWS_REGION": "eu-west-1"]), profile: nil)
    func check(_ variables: [String: String]) throws -> DoctorReport.Check {
      AWSChecks.endpoint(
        try Endpoint(.openSearch, region: region, environment: AWSEnvironment(variables), profile: nil))
    }
    #expect(try check([:]) == .init("endpoint", .ok, "https://es.eu-west-1.amazonaws.com"))
    #expect(try check(["AWS_ENDPOINT_URL": "http://es.example"]).status == .warning)
    #expect(try check(["AWS_ENDPOINT_URL": "http://localhost.example"]).status == .warning)
    for host in ["127.0.0.1:9", "localhost", "localhost:9", "[::1]:9"] {
      #expect(try check(["AWS_ENDPOINT_URL": "http://\(host)"]).status == .ok)
    }
    #expect(AWSChecks.region(region).detail.contains("eu-west-1"))
    #expect(AWSChecks.endpoint(nil).status == .problem)
    #expect(AWSChecks.region(nil).status == .problem)
  }

  @Test("Credentials are told with their source and their end")
  func credentials() {
    #expect(
      AWSChecks.credentials(.found(source: "a role", accessKeyID: "AKID", expiresAt: Self.end, lastFailure: nil))
        == .init("credentials", .ok, "AKID from a role, good until 2026-11-22T18:00:00Z"))
    #expect(
      AWSChecks.credentials(.found(source: "a file", accessKeyID: "AKID", expiresAt: nil, lastFailure: nil))
        == .init("credentials", .ok, "AKID from a file, without an end"))
    let old = AWSChecks.credentials(
      .found(source: "a role", accessKeyID: "AKID", expiresAt: Self.end, lastFailure: CredentialsUnavailable("no STS")))
    #expect(old.status == .warning)
    #expect(old.detail.contains("no STS") && old.detail.contains("good until"))
    let none = AWSChecks.credentials(.unavailable(CredentialsUnavailable("looked everywhere")))
    #expect(none.status == .problem)
    #expect(none.detail.contains("looked everywhere"))
  }

  @Test("Who the credentials are is told; that STS doesn't say is a warning, since the gateway may work without it")
  func identity() {
    #expect(AWSChecks.identity(.success("arn:x")) == .init("identity", .ok, "arn:x"))
    let failed = AWSChecks.identity(.failure(CredentialsUnavailable("no way there")))
    #expect(failed.status == .warning)
    #expect(failed.detail.contains("no way there"))
  }

  private static func report(
    _ verdict: LookUpReport.Verdict, code: String? = nil, message: String? = nil
  ) -> LookUpReport {
    LookUpReport(
      verdict: verdict, answer: AWSAnswer(code: code, message: message, httpStatus: 400, attempts: 1),
      accessKeyID: "AKID", region: "eu-west-1", cause: "because of it")
  }

  @Test("Whatever the look-up came to is told, with what to do about it")
  func describe() {
    let endings: [(LookUpReport, Status, part: String)] = [
      (Self.report(.accepted(Self.page)), .ok, "is allowed"),
      (Self.report(.refused, code: "AccessDeniedException"), .warning, "deploy/iam-policy.json"),
      (Self.report(.refused, code: "AccessDenied"), .warning, "isn't allowed"),
      (Self.report(.refused, code: "SignatureDoesNotMatch"), .problem, "SignatureDoesNotMatch"),
      (Self.report(.refused, code: "UnrecognizedClientException", message: "who?"), .problem, "who?"),
      (Self.report(.refused, code: "ThrottlingException"), .warning, "ThrottlingException"),
      (Self.report(.refused, code: "InternalException", message: "oh"), .problem, "oh"),
      (Self.report(.refused, code: "404"), .problem, "endpoint"), (Self.report(.refused), .problem, "no code"),
      (Self.report(.notUnderstood), .problem, "because of it"), (Self.report(.unreachable), .problem, "because of it"),
      (Self.report(.timedOut), .problem, "in time"), (Self.report(.noCredentials), .problem, "'credentials'"),
      (Self.report(.tooLate), .problem, "try again"),
    ]
    for (report, status, part) in endings {
      let check = AWSChecks.describe(report)
      #expect(check.name == "describe")
      #expect(check.status == status, "\(report.verdict)")
      #expect(check.detail.contains(part), "\(check.detail)")
    }
  }

  @Test("Up to four minutes between the clocks are nothing, more is corrected and warned of")
  func clock() {
    #expect(AWSChecks.clock(.seconds(2)) == .init("clock", .ok, "AWS's clock is 2 s ahead of ours"))
    #expect(AWSChecks.clock(.seconds(-240)) == .init("clock", .ok, "AWS's clock is 240 s behind ours"))
    #expect(AWSChecks.clock(.seconds(240) + .milliseconds(1)).status == .warning)
    #expect(AWSChecks.clock(.seconds(-3600)).detail.contains("3600 s behind"))
    #expect(AWSChecks.clock(nil).status == .warning)
  }
}
