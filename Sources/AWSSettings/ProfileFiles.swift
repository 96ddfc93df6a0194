import FoundationEssentials

/// The shared config and credentials files, read.
package struct ProfileFiles: Sendable {
  /// The profile that is used unless another one is named.
  package let currentName: String
  private let isNamed: Bool
  private let credentials: ProfileFile?
  private let config: ProfileFile?
  private let paths: [String]

  /// Reads both files; one that isn't there counts as empty.
  ///
  /// - Parameter read: gives a file's content, or `nil` if there is no such file.
  /// - Throws: `AWSSettingsError`: a file that can't be read, or a malformed line.
  package init(
    environment: AWSEnvironment, read: (String) throws(AWSSettingsError) -> String? = ProfileFiles.read
  ) throws(AWSSettingsError) {
    func parse(_ path: String?, hasPrefix: Bool) throws(AWSSettingsError) -> ProfileFile? {
      guard let path, let text = try read(path) else { return nil }
      return try ProfileFile(text, path: path, hasPrefix: hasPrefix)
    }
    let credentialsPath = environment.path("AWS_SHARED_CREDENTIALS_FILE", orInHome: ".aws/credentials")
    let configPath = environment.path("AWS_CONFIG_FILE", orInHome: ".aws/config")
    credentials = try parse(credentialsPath, hasPrefix: false)
    config = try parse(configPath, hasPrefix: true)
    paths = [credentialsPath, configPath].compactMap { $0 }
    isNamed = environment["AWS_PROFILE"] != nil
    currentName = environment["AWS_PROFILE"] ?? "default"
  }

  /// The profile that `AWS_PROFILE` names, or `default`; `nil` if that isn't there and nobody asked for it.
  ///
  /// - Throws: `AWSSettingsError`, if `AWS_PROFILE` names one that isn't there.
  package func current() throws(AWSSettingsError) -> Profile? {
    if let profile = profile(currentName) { return profile }
    guard isNamed else { return nil }
    throw AWSSettingsError(
      "the profile '\(currentName)' that AWS_PROFILE names isn't in \(paths.joined(separator: " or "))")
  }

  /// The profile with this name; `nil` if neither file has it.
  package func profile(_ name: String) -> Profile? {
    let inCredentials = credentials?.profiles[name]
    let inConfig = config?.profiles[name]
    guard inCredentials != nil || inConfig != nil else { return nil }
    let services = inConfig?["services"].flatMap { config?.services[$0] }
    return Profile(name: name, credentials: inCredentials ?? [:], config: inConfig ?? [:], services: services ?? [:])
  }

  /// A file's content; `nil` if there is no such file.
  package static func read(_ path: String) throws(AWSSettingsError) -> String? {
    // swift-foundation 6.3 loses 4 KiB of memory with each empty file that it reads.
    if isEmptyFile(path) { return "" }
    do {
      let bytes = try Data(contentsOf: URL(filePath: path))
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw AWSSettingsError("\(path) isn't UTF-8 text")
      }
      return text
    } catch let error as AWSSettingsError {
      throw error
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      return nil
    } catch {
      throw AWSSettingsError("\(path) can't be read")
    }
  }

  /// A pipe has no size either, but something to read.
  private static func isEmptyFile(_ path: String) -> Bool {
    let target = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else { return false }
    return attributes[.type] as? FileAttributeType == .typeRegular && attributes[.size] as? Int == 0
  }
}
