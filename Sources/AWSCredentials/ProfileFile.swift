import GatewayCore

/// `~/.aws/config` or `~/.aws/credentials`, read (AWS SDKs and Tools Reference Guide, "Shared config and credentials
/// files").
///
/// A line is a comment (`#` or `;` first), a section's name in brackets, `name = value`, or, indented, a part of the
/// nested settings above it, which nothing here reads.
struct ProfileFile: Equatable {
  /// The profiles' settings, names in lower case.
  private(set) var profiles: [String: [String: String]] = [:]

  /// - Parameters:
  ///   - path: for the errors.
  ///   - hasPrefix: whether sections are called `profile NAME`, as in the config file.
  /// - Throws: `CredentialsUnavailable`, naming file and line.
  init(_ text: String, path: String, hasPrefix: Bool) throws(CredentialsUnavailable) {
    var profile: String?
    // `\r\n` is one character to Swift, and a line's end as well.
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let content = line.trimmed
      guard let first = content.first, first != "#", first != ";" else { continue }
      if first == "[" {
        // What follows the bracket is a comment or nothing.
        let end = content.firstIndex(of: "]")
        let rest = end.map { content[content.index(after: $0)...].trimmed }
        guard let end, let rest, rest.isEmpty || rest.first == "#" || rest.first == ";" else {
          throw CredentialsUnavailable("\(path), line \(index + 1): the section's name has no ']'")
        }
        profile = Self.profile(content[..<end].dropFirst().trimmed, hasPrefix: hasPrefix)
        // A section with nothing in it is a profile, too.
        if let profile, profiles[profile] == nil { profiles[profile] = [:] }
      } else if line.first?.isWhitespace == true {
        continue
      } else {
        guard let equals = content.firstIndex(of: "=") else {
          throw CredentialsUnavailable("\(path), line \(index + 1): expected 'name = value'")
        }
        let name = content[..<equals].trimmed.lowercased()
        let value = String(content[content.index(after: equals)...].trimmed)
        if let profile { profiles[profile, default: [:]][name] = value }
      }
    }
  }

  /// The profile that a section holds; `nil` for sections of other kinds (`sso-session`, `services`).
  private static func profile(_ section: Substring, hasPrefix: Bool) -> String? {
    guard hasPrefix, section != "default" else { return unquoted(section) }
    let words = section.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    return words.count == 2 && words[0] == "profile" ? unquoted(words[1].trimmed) : nil
  }

  private static func unquoted(_ name: Substring) -> String {
    for quote in ["\"", "'"] where name.count >= 2 && name.hasPrefix(quote) && name.hasSuffix(quote) {
      return String(name.dropFirst().dropLast())
    }
    return String(name)
  }
}
