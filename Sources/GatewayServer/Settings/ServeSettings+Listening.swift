import GatewayCore
import Glibc
import HTTPListener

/// How it is listened, and how one gateway follows another.
extension ServeSettings {
  /// The sockets that a service manager passed and no setting names.
  package var unusedSockets: [Int32] {
    listenOptions.passed.descriptors().filter { ![listen, adminListen].contains(.inherited(descriptor: $0)) }
  }

  static func listenOptions(
    _ flags: Flags, _ environment: [String: String]
  ) throws(SettingsError) -> ListenOptions {
    var options = ListenOptions()
    options.sharesPort = true
    options.mode = try mode(flags.socketMode, environment)
    options.group = try group(flags.socketGroup, environment)
    options.passed = PassedSockets(environment: environment)
    return options
  }

  /// Whoever may connect has to be able to write, so the owner at least.
  private static func mode(_ flag: String?, _ environment: [String: String]) throws(SettingsError) -> mode_t {
    let text = Setting.socketMode.value(flag, environment) ?? ""
    guard (3...4).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
      let mode = mode_t(text, radix: 8), mode <= 0o777, mode & 0o600 == 0o600
    else {
      throw SettingsError(
        Setting.socketMode.flag, "'\(text)' has to be an octal mode from 0600 to 0777, such as 0660")
    }
    return mode
  }

  private static func group(_ flag: String?, _ environment: [String: String]) throws(SettingsError) -> gid_t? {
    guard let text = Setting.socketGroup.value(flag, environment) else { return nil }
    if !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit), let number = gid_t(text), number != gid_t.max {
      return number
    }
    guard !text.isEmpty, let number = groupNumber(text) else {
      throw SettingsError(Setting.socketGroup.flag, "there is no group '\(text)'")
    }
    return number
  }

  private static func groupNumber(_ name: String) -> gid_t? {
    var entry = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    // A group with very many members needs more room, and `getgrnam_r` says so.
    for size in [1 << 12, 1 << 16, 1 << 20] {
      var buffer = [CChar](repeating: 0, count: size)
      let code = getgrnam_r(name, &entry, &buffer, size, &found)
      if code != ERANGE { break }
    }
    return found == nil ? nil : entry.gr_gid
  }

  static func takeOver(_ flag: String?, _ environment: [String: String]) throws(SettingsError) -> Duration? {
    let text = Setting.takeOver.value(flag, environment) ?? ""
    if text == "off" { return nil }
    guard let time = DurationText.duration(text), time >= .seconds(1), time <= .seconds(600) else {
      throw SettingsError(Setting.takeOver.flag, "'\(text)' has to be a duration from 1s to 10m, such as 60s, or off")
    }
    return time
  }

  static func stopDelay(_ flag: String?, _ environment: [String: String]) throws(SettingsError) -> Duration {
    let text = Setting.stopDelay.value(flag, environment) ?? ""
    guard let time = DurationText.duration(text), time <= .seconds(300) else {
      throw SettingsError(Setting.stopDelay.flag, "'\(text)' has to be a duration up to 5m, such as 10s, or 0s")
    }
    return time
  }
}
