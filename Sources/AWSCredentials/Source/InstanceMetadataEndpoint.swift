import AWSSettings
import FoundationEssentials

/// Where instance metadata is asked.
struct InstanceMetadataEndpoint: Equatable {
  /// Without a slash at the end.
  let url: String
  /// The `Host` header.
  let host: String

  private static let ipv4 = "http://169.254.169.254"
  private static let ipv6 = "http://[fd00:ec2::254]"

  /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`, else the address of `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, each of them else
  /// from the profile.
  ///
  /// - Throws: `SourceFailure.failed`, if one of them makes no sense.
  init(_ environment: AWSEnvironment, _ profile: Profile?) throws(SourceFailure) {
    let modeVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"
    let mode = environment[modeVariable] ?? profile?.setting("ec2_metadata_service_endpoint_mode") ?? "IPv4"
    guard ["ipv4", "ipv6"].contains(mode.lowercased()) else { throw .failed("\(modeVariable) has to be IPv4 or IPv6") }
    let variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
    let text =
      environment[variable] ?? profile?.setting("ec2_metadata_service_endpoint")
      ?? (mode.lowercased() == "ipv6" ? Self.ipv6 : Self.ipv4)
    guard let components = URLComponents(string: text), let scheme = components.scheme?.lowercased(),
      scheme == "http" || scheme == "https", let name = components.host, !name.isEmpty, components.user == nil,
      components.query == nil, components.fragment == nil, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw .failed("\(variable) has to be a URL such as \(Self.ipv4)")
    }
    host = components.port.map { "\(name):\($0)" } ?? name
    url = String(text.reversed().drop(while: { $0 == "/" }).reversed())
  }
}
