import AWSSettings
import FoundationEssentials
import GatewayCore

/// Where a container gets its credentials, if that may be asked.
///
/// The token goes there, and the keys come from there: over plain HTTP only hosts are asked that no one else can be.
struct ContainerEndpoint: Equatable {
  /// The whole URL, with an address in place of a name that was looked up.
  let url: String
  /// The `Host` header.
  let host: String

  private static let relativeVariable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
  private static let fullVariable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
  /// ECS.
  private static let relativeHost = "169.254.170.2"
  /// ECS and EKS Pod Identity.
  private static let linkLocalAddresses = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
    .compactMap(HostAddress.init)

  /// - Throws: `SourceFailure`: absent where neither variable is set; failed where a variable is no URL, or its host may
  ///   not be asked.
  init(_ environment: AWSEnvironment, resolve: (String) async -> [HostAddress]) async throws(SourceFailure) {
    if let path = environment[Self.relativeVariable] {
      // It is put behind the host as it is, so it must not be able to change the host.
      guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw .failed("\(Self.relativeVariable) has to begin with '/' and have no white space in it")
      }
      url = "http://\(Self.relativeHost)\(path)"
      host = Self.relativeHost
      return
    }
    guard let text = environment[Self.fullVariable] else {
      throw .absent("neither \(Self.relativeVariable) nor \(Self.fullVariable) is set")
    }
    guard var components = URLComponents(string: text), let scheme = components.scheme?.lowercased(),
      scheme == "http" || scheme == "https", let name = components.host, !name.isEmpty, components.user == nil,
      components.fragment == nil, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw .failed("\(Self.fullVariable) has to be a URL such as http://169.254.170.23/v1/credentials")
    }
    host = components.port.map { "\(name):\($0)" } ?? name
    if scheme == "https" || HostAddress(name).map(Self.isAllowed) == true {
      url = text
      return
    }
    // An address that isn't allowed is what it is; only a name is looked up.
    let addresses = HostAddress(name) == nil ? await resolve(name) : []
    guard let address = addresses.first, addresses.allSatisfy(Self.isAllowed) else {
      throw .failed(
        "the host '\(name)' of \(Self.fullVariable) may not be asked over plain HTTP: it is neither loopback nor the "
          + "address of ECS or EKS")
    }
    // The address that was checked is the one that is asked, whatever the name leads to a moment later.
    components.encodedHost = address.urlHost
    guard let resolved = components.string else { throw .failed("\(Self.fullVariable) isn't a URL") }
    url = resolved
  }

  private static func isAllowed(_ address: HostAddress) -> Bool {
    let isLoopback =
      address.bytes.count == 4
      ? address.bytes[0] == 127 : address.bytes == [UInt8](repeating: 0, count: 15) + [1]
    return isLoopback || linkLocalAddresses.contains { $0.bytes == address.bytes }
  }
}
