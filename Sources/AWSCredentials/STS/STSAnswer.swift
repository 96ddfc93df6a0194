import Clocks
import SigV4

/// A success of STS: `<AssumeRoleResponse><AssumeRoleResult>…`; both names begin with the action's.
struct STSAnswer {
  private let document: XMLText

  /// `nil` if it isn't such a document.
  init?(_ body: [UInt8]) {
    guard let document = XMLText(body) else { return nil }
    self.document = document
  }

  /// The credentials in it.
  ///
  /// - Throws: `SourceFailure.failed`, if something is missing. Nothing of it is shown.
  func credentials(of role: Role) throws(SourceFailure) -> FoundCredentials {
    guard let expiration = text("Expiration"), let expiresAt = Timestamp(expiration: expiration) else {
      throw .failed("STS's answer for the role \(role.arn) has no Expiration")
    }
    let credentials = try KeyCheck.credentials(
      accessKeyID: text("AccessKeyId"), secretAccessKey: text("SecretAccessKey").map(Secret.init),
      sessionToken: text("SessionToken").map(Secret.init))
    return FoundCredentials(credentials: credentials, expiresAt: expiresAt, source: "role \(role.arn)")
  }

  /// Who the caller is.
  var callerARN: String? { document.text(at: ["*", "*", "Arn"]) }

  private func text(_ name: String) -> String? {
    document.text(at: ["*", "*", "Credentials", name])
  }
}
