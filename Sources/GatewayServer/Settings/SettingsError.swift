import GatewayCore

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
    // One line on a terminal, whatever the value that the reason quotes has in it.
    let hasControls = reason.unicodeScalars.contains { $0.properties.generalCategory == .control }
    return "\(setting): \(hasControls ? String(decoding: JSON.string(reason).bytes, as: UTF8.self) : reason)"
  }
}
