/// One profile: its settings from both files.
///
/// Some are secrets, so its descriptions show no values.
package struct Profile: Sendable, Equatable, RedactedSettings {
  package let name: String
  /// From the credentials file, names in lower case.
  package let credentials: [String: String]
  /// From the config file, names in lower case.
  package let config: [String: String]
  /// The `services` section it names; nested settings as `service.name`.
  private let services: [String: String]

  init(name: String, credentials: [String: String], config: [String: String], services: [String: String]) {
    self.name = name
    self.credentials = credentials
    self.config = config
    self.services = services
  }

  package var shownParts: [String] { [name] + Set(credentials.keys).union(config.keys).sorted() }

  /// A setting of the credentials file, or of the config file: where both have it, the credentials file wins (AWS SDKs
  /// and Tools Reference Guide, "Shared config and credentials files").
  package func setting(_ name: String) -> String? {
    (credentials[name] ?? config[name]).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A setting for one service, from the `services` section.
  package func serviceSetting(_ service: String, _ name: String) -> String? {
    services["\(service).\(name)"].flatMap { $0.isEmpty ? nil : $0 }
  }
}
