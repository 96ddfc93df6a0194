import GatewayCore

/// `~/.aws/config` or `~/.aws/credentials`, read (AWS SDKs and Tools Reference Guide, "Shared config and credentials
/// files").
///
/// A line is a comment (`#` or `;` first), a section's name in brackets, `name = value`, or, indented, a nested
/// `name = value` that belongs to the setting above it.
///
/// Some are secrets, so its descriptions show no values.
struct ProfileFile: Equatable, RedactedSettings {
  /// A section's settings by name, names in lower case; nested ones as `name.nested`.
  typealias Settings = [String: String]

  private(set) var profiles: [String: Settings] = [:]
  /// The sections `services NAME`.
  private(set) var services: [String: Settings] = [:]

  var shownParts: [String] { profiles.keys.sorted() }

  private enum Section {
    case profile(String)
    case services(String)
    /// One that nothing here reads (`sso-session`).
    case other
  }

  /// - Parameters:
  ///   - path: for the errors.
  ///   - hasPrefix: whether sections are called `profile NAME`, as in the config file.
  /// - Throws: `AWSSettingsError`, naming file and line.
  init(_ text: String, path: String, hasPrefix: Bool) throws(AWSSettingsError) {
    var section: Section?
    var parent: String?
    // `\r\n` is one character to Swift, and a line's end as well.
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let content = line.trimmed
      guard let first = content.first, first != "#", first != ";" else { continue }
      if first == "[", line.first == "[" {
        guard let name = Self.sectionName(content) else {
          throw AWSSettingsError("\(path), line \(index + 1): a section's name has to stand in '[' and ']'")
        }
        section = Self.section(name, hasPrefix: hasPrefix)
        parent = nil
        begin(section)
        continue
      }
      guard let section else {
        throw AWSSettingsError("\(path), line \(index + 1): a setting before the first section")
      }
      let isNested = line.first?.isWhitespace == true && parent != nil
      // The SDKs write `=`; botocore takes `:` as well.
      guard let equals = content.firstIndex(where: { $0 == "=" || $0 == ":" }), equals != content.startIndex else {
        if isNested { continue }
        throw AWSSettingsError("\(path), line \(index + 1): expected 'name = value'")
      }
      let name = content[..<equals].trimmed.lowercased()
      let value = String(content[content.index(after: equals)...].trimmed)
      if !isNested { parent = name }
      set(isNested ? "\(parent ?? "").\(name)" : name, value, in: section)
    }
  }

  private mutating func begin(_ section: Section?) {
    // A section with nothing in it is a profile, too.
    if case .profile(let name) = section, profiles[name] == nil { profiles[name] = [:] }
  }

  private mutating func set(_ name: String, _ value: String, in section: Section) {
    switch section {
    case .profile(let profile): profiles[profile, default: [:]][name] = value
    case .services(let services): self.services[services, default: [:]][name] = value
    case .other: break
    }
  }

  /// What stands in the brackets. What follows them is a comment or nothing.
  private static func sectionName(_ line: Substring) -> Substring? {
    guard let end = line.firstIndex(of: "]") else { return nil }
    let rest = line[line.index(after: end)...].trimmed
    guard rest.isEmpty || rest.first == "#" || rest.first == ";" else { return nil }
    return line[line.index(after: line.startIndex)..<end].trimmed
  }

  private static func section(_ name: Substring, hasPrefix: Bool) -> Section {
    guard hasPrefix else { return .profile(unquoted(name)) }
    if name == "default" { return .profile("default") }
    let words = name.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    guard words.count == 2 else { return .other }
    let rest = unquoted(words[1].trimmed)
    return switch words[0] {
    case "profile": .profile(rest)
    case "services": .services(rest)
    default: .other
    }
  }

  private static func unquoted(_ name: Substring) -> String {
    for quote in ["\"", "'"] where name.count >= 2 && name.hasPrefix(quote) && name.hasSuffix(quote) {
      return String(name.dropFirst().dropLast())
    }
    return String(name)
  }
}

/// A shared config file can't be read, or says something that isn't a setting. Names file, line and profile; never a value.
package struct AWSSettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }

  package var description: String { reason }
}
