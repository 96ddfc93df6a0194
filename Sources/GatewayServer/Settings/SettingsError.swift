/// A setting that can't be used: one line for whoever starts the gateway.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The flag, or the variable where there is no flag.
  package let setting: String
  package let reason: String

  package init(_ setting: String, _ reason: String) {
    self.setting = setting
    self.reason = reason
  }

  package var description: String {
    "\(setting): \(reason)"
  }
}
