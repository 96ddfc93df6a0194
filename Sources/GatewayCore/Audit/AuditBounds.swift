/// What `opened` and `closed` records say of the process and the file.
package struct AuditBounds: Sendable, Equatable {
  /// Names one run of the gateway.
  package let instance: String
  package let version: String
  /// The name of the file that the chain comes from, where it comes from another one: the one it had when it was left.
  package var previousFile: String?
  /// How many intents in files before have no outcome yet; `nil` for none.
  package var openIntents: Int?

  package init(instance: String, version: String, previousFile: String? = nil) {
    self.instance = instance
    self.version = version
    self.previousFile = previousFile
  }
}
