import FoundationEssentials

/// The profile in use: its settings from both files.
package struct Profile: Sendable, Equatable {
  package let name: String
  /// From the credentials file.
  let credentials: [String: String]
  /// From the config file.
  let config: [String: String]

  /// Reads the profile that `AWS_PROFILE` names, or `default`; `nil` if that isn't there and nobody asked for it.
  ///
  /// - Parameter read: gives a file's content, or `nil` if there is no such file.
  /// - Throws: `CredentialsUnavailable`: a file that can't be read, a malformed line, a profile that isn't there.
  package init?(
    environment: AWSEnvironment, read: (String) throws(CredentialsUnavailable) -> String? = Profile.read
  ) throws(CredentialsUnavailable) {
    let name = environment["AWS_PROFILE"] ?? "default"
    let files = [
      (environment.path("AWS_SHARED_CREDENTIALS_FILE", orInHome: ".aws/credentials"), false),
      (environment.path("AWS_CONFIG_FILE", orInHome: ".aws/config"), true),
    ]
    var found: [[String: String]?] = []
    for (path, hasPrefix) in files {
      guard let path, let text = try read(path) else {
        found.append(nil)
        continue
      }
      found.append(try ProfileFile(text, path: path, hasPrefix: hasPrefix).profiles[name])
    }
    guard found.contains(where: { $0 != nil }) else {
      guard environment["AWS_PROFILE"] != nil else { return nil }
      let looked = files.compactMap(\.0).joined(separator: " and ")
      throw CredentialsUnavailable("the profile '\(name)' that AWS_PROFILE names isn't in \(looked)")
    }
    self.name = name
    credentials = found[0] ?? [:]
    config = found[1] ?? [:]
  }

  /// A setting of the config file, or of the credentials file.
  package func setting(_ name: String) -> String? {
    (config[name] ?? credentials[name]).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A file's content; `nil` if there is no such file.
  package static func read(_ path: String) throws(CredentialsUnavailable) -> String? {
    do {
      let bytes = try Data(contentsOf: URL(filePath: path))
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw CredentialsUnavailable("\(path) isn't UTF-8 text")
      }
      return text
    } catch let error as CredentialsUnavailable {
      throw error
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      return nil
    } catch {
      throw CredentialsUnavailable("\(path) can't be read")
    }
  }
}
