/// Why the simulator can't start: one line for whoever typed the command.
struct StartError: Error, CustomStringConvertible {
  /// The flag at fault, with its value where that helps.
  let setting: String
  let reason: String

  init(_ setting: String, _ reason: String) {
    self.setting = setting
    self.reason = reason
  }

  var description: String { "\(setting): \(reason)" }
}
