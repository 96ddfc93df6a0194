/// Settings with secrets among them: a log line, `dump` or a crash report shows their names alone.
package protocol RedactedSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The names that may be shown.
  var shownParts: [String] { get }
}

extension RedactedSettings {
  package var description: String { "\(Self.self)(\(shownParts.joined(separator: ", ")))" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
