import AWSCredentials
import AWSSettings
import Clocks
import CurlTransport
import Digest
import FoundationEssentials
import GatewayCore
import Logging
import OpenSearchClient

/// Everything that talks to AWS, put together for `serve` and `doctor`.
struct AWSParts: Sendable {
  let loop: EventLoop
  let credentials: CredentialChain
  let skewClock: SkewClock
  let client: OpenSearchClient
  let transport: CurlTransport

  /// - Throws: `SettingsError`, naming the setting that can't be used.
  init(_ settings: UpstreamSettings, _ curlSettings: CurlSettings, logger: Logger) throws(SettingsError) {
    let loop = try Self.startLoop(curlSettings)
    self.loop = loop
    transport = CurlTransport(loop: loop, settings: curlSettings)
    skewClock = SkewClock(.system)
    credentials = CredentialChain(
      environment: settings.environment, region: settings.region, transport: transport, wallClock: .system,
      clock: .system,
      sleep: loop.sleep, random: { Double.random(in: 0..<1) }, executor: loop
    ) { Self.log($0, logger) }
    client = OpenSearchClient(
      region: settings.region, endpoint: settings.endpoint, userAgent: "connection-gateway/\(Version.current)",
      credentials: credentials, transport: transport, skewClock: skewClock, clock: .system,
      retrying: Retrying(
        maxAttempts: settings.maxAttempts, quota: RetryQuota(), random: { Double.random(in: 0...1) }, sleep: loop.sleep)
    )
  }

  private static func log(_ event: CredentialEvent, _ logger: Logger) {
    switch event {
    case .obtained(let source, let accessKeyID, let expiresAt):
      logger.info(
        "AWS credentials obtained",
        metadata: [
          "source": "\(source)", "accessKeyId": "\(accessKeyID)", "expiresAt": "\(expiresAt?.iso8601 ?? "never")",
        ])
    case .refreshFailed(let error, let accessKeyID, let expiresAt, let retryIn):
      logger.warning(
        "AWS credentials not refreshed, the last ones stay while they live",
        metadata: [
          "reason": "\(error.reason)", "accessKeyId": "\(accessKeyID)",
          "expiresAt": "\(expiresAt?.iso8601 ?? "never")", "retryInSeconds": "\(retryIn.components.seconds)",
        ])
    case .unavailable(let error):
      logger.error("no usable AWS credentials, so every call is refused", metadata: ["reason": "\(error.reason)"])
    case .refused(let accessKeyID):
      logger.warning(
        "AWS refuses the credentials, so they are looked up anew", metadata: ["accessKeyId": "\(accessKeyID)"])
    }
  }

  /// What libcurl is told, checked first.
  static func curlSettings(_ settings: UpstreamSettings) throws(SettingsError) -> CurlSettings {
    if let bundle = settings.certificateBundle {
      guard let content = try? Data(contentsOf: URL(filePath: bundle)), PEMCertificates.count(in: Array(content)) > 0
      else {
        throw SettingsError("AWS_CA_BUNDLE", "\(bundle) can't be read, or has no PEM certificates in it")
      }
    }
    return CurlSettings(certificateBundle: settings.certificateBundle)
  }

  private static func startLoop(_ settings: CurlSettings) throws(SettingsError) -> EventLoop {
    do {
      return try EventLoop(settings)
    } catch let error as CurlUnusable {
      throw SettingsError("libcurl", error.reason)
    } catch {
      throw SettingsError("threads", "the system can't start one")
    }
  }
}
