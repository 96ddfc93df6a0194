/// The environment variables, as AWS SDKs read them: an empty one counts as none.
///
/// Some hold secrets, so its descriptions show no values.
package struct AWSEnvironment: Sendable, RedactedSettings {
  /// All of them, for a process that is started; not to be shown.
  package let variables: [String: String]

  package init(_ variables: [String: String]) {
    self.variables = variables
  }

  package subscript(name: String) -> String? {
    variables[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether a variable says `true`, in any case.
  package func isTrue(_ name: String) -> Bool {
    self[name]?.lowercased() == "true"
  }

  /// A path from a variable or the user's `.aws` folder; `nil` where neither says.
  package func path(_ name: String, orInHome relative: String) -> String? {
    let home = self["HOME"]
    guard let path = self[name] else { return home.map { "\($0)/\(relative)" } }
    guard path.hasPrefix("~/"), let home else { return path }
    return home + path.dropFirst()
  }

  package var shownParts: [String] { variables.keys.sorted() }
}
