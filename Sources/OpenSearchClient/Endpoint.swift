package import AWSCredentials
import FoundationEssentials
import GatewayCore

/// Where OpenSearch's control plane is asked.
package struct Endpoint: Sendable, Equatable {
  /// `https`, or `http` where an endpoint URL says so.
  package let scheme: String
  /// The `Host` header: the name, and the port if it isn't the scheme's own.
  package let host: String
  /// What stands before each path; empty, or `/` and something.
  package let basePath: String

  package var allowsPlainHTTP: Bool { scheme == "http" }

  /// A custom URL from the environment, else AWS's own endpoint for the region.
  ///
  /// - Throws: `EndpointError`.
  package init(region: Region, environment: AWSEnvironment, profile: Profile?) throws(EndpointError) {
    for variable in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] where environment.isTrue(variable) {
      throw EndpointError(
        variable,
        "isn't supported by this version; unset it, and set AWS_ENDPOINT_URL_OPENSEARCH to the endpoint you need")
    }
    try Self.refuse(settings: ["use_fips_endpoint", "use_dualstack_endpoint"], of: profile)
    if !environment.isTrue("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
      for variable in ["AWS_ENDPOINT_URL_OPENSEARCH", "AWS_ENDPOINT_URL"] {
        if let url = environment[variable] {
          self = try Self(url: url, variable: variable)
          return
        }
      }
      try Self.refuse(settings: ["endpoint_url", "services"], of: profile)
    }
    scheme = "https"
    host = "es.\(region.name).\(try Self.suffix(of: region))"
    basePath = ""
  }

  private init(url text: String, variable: String) throws(EndpointError) {
    guard let url = URLComponents(string: text, encodingInvalidCharacters: false),
      let scheme = url.scheme?.lowercased(),
      scheme == "https" || scheme == "http", let host = url.host?.lowercased(), !host.isEmpty, url.user == nil,
      url.query == nil,
      url.fragment == nil, host.utf8.allSatisfy({ $0.isASCIIAlphanumeric || $0.isOne(of: ".-_:[]") }),
      url.port.map((1...65_535).contains) ?? true
    else {
      throw EndpointError(variable, "has to be a URL such as https://es.eu-west-1.amazonaws.com")
    }
    let ownPort = scheme == "https" ? 443 : 80
    self.scheme = scheme
    self.host = url.port.flatMap { $0 == ownPort ? nil : "\(host):\($0)" } ?? host
    basePath = String(url.percentEncodedPath.reversed().drop(while: { $0 == "/" }).reversed())
    // What is signed has to be what is sent, whoever normalises it on the way.
    let segments = basePath.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard !segments.contains(where: { $0.isEmpty && segments.count > 1 || $0 == "." || $0 == ".." }) else {
      throw EndpointError(variable, "has a path with empty, '.' or '..' segments; write it without")
    }
  }

  /// The DNS suffix of the region's partition.
  private static func suffix(of region: Region) throws(EndpointError) -> String {
    let name = region.name
    if name.hasPrefix("cn-") { return "amazonaws.com.cn" }
    if name.contains("-iso") || name.hasPrefix("eusc-") {
      throw EndpointError(
        "AWS_REGION", "'\(name)' is in a partition that needs AWS_ENDPOINT_URL_OPENSEARCH in this version")
    }
    return "amazonaws.com"
  }

  /// Settings of the profile that change the endpoint and aren't read: better no answer than another endpoint's.
  private static func refuse(settings: [String], of profile: Profile?) throws(EndpointError) {
    guard let profile else { return }
    for name in settings {
      guard let value = profile.setting(name), value.lowercased() != "false" else { continue }
      throw EndpointError(
        "AWS_PROFILE",
        "the profile '\(profile.name)' has \(name), which this version can't use; set AWS_ENDPOINT_URL_OPENSEARCH instead"
      )
    }
  }
}
