/// A string that nothing prints by accident: every description of it reads `<redacted>`.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The secret itself. Whoever reads it keeps it out of logs, errors and audit lines.
  package let exposed: String

  package init(_ exposed: String) {
    self.exposed = exposed
  }

  package var description: String { "<redacted>" }
  package var debugDescription: String { description }
  /// What `dump` and a crash report would walk through: nothing.
  package var customMirror: Mirror { Mirror(self, children: []) }
}
