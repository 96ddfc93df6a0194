/// What `opened` and `closed` records say of the process and the file.
package struct AuditBounds: Sendable, Equatable {
  /// Names one run of the gateway.
  package let instance: String
  package let version: String
  /// The name of the file that the chain comes from, where it comes from another one.
  package var previousFile: String?

  package init(instance: String, version: String, previousFile: String? = nil) {
    self.instance = instance
    self.version = version
    self.previousFile = previousFile
  }
}
