import Clocks
import FoundationEssentials
import SigV4

/// The JSON that a process, a container's endpoint and instance metadata give credentials in. They differ in the name of
/// the session token, and in what stands beside.
struct CredentialsDocument: Decodable {
  private enum CodingKeys: String, CodingKey {
    case version = "Version"
    case code = "Code"
    case accessKeyID = "AccessKeyId"
    case secretAccessKey = "SecretAccessKey"
    case sessionToken = "SessionToken"
    case token = "Token"
    case expiration = "Expiration"
  }

  /// The largest document that is read, in bytes; real ones have about 2,000.
  static let limit = 64 * 1024

  /// A process's answer has to say 1.
  let version: Int?
  /// Instance metadata's answer says `Success`, or what is wrong.
  let code: String?
  private let accessKeyID: String?
  private let secretAccessKey: Secret?
  private let sessionToken: Secret?
  private let token: Secret?
  private let expiration: String?

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    version = try values.decodeIfPresent(Int.self, forKey: .version)
    code = try values.decodeIfPresent(String.self, forKey: .code)
    accessKeyID = try values.decodeIfPresent(String.self, forKey: .accessKeyID)
    secretAccessKey = try values.decodeIfPresent(String.self, forKey: .secretAccessKey).map(Secret.init)
    sessionToken = try values.decodeIfPresent(String.self, forKey: .sessionToken).map(Secret.init)
    token = try values.decodeIfPresent(String.self, forKey: .token).map(Secret.init)
    expiration = try values.decodeIfPresent(String.self, forKey: .expiration)
  }

  /// - Throws: `SourceFailure.failed`, if it isn't such JSON. Nothing of it is shown.
  static func read(_ bytes: [UInt8]) throws(SourceFailure) -> CredentialsDocument {
    guard bytes.count <= limit, let document = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
      throw .failed("the answer isn't the JSON it should be")
    }
    return document
  }

  /// The keys in it.
  ///
  /// - Throws: `SourceFailure.failed`, if some are missing, or the time isn't one.
  func credentials(source: String) throws(SourceFailure) -> FoundCredentials {
    let credentials = try KeyCheck.credentials(
      accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken ?? token)
    guard let expiration else { return FoundCredentials(credentials: credentials, expiresAt: nil, source: source) }
    guard let expiresAt = Timestamp(expiration: expiration) else {
      throw .failed("the answer's Expiration isn't a time")
    }
    return FoundCredentials(credentials: credentials, expiresAt: expiresAt, source: source)
  }
}
