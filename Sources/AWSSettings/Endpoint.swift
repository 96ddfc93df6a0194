import FoundationEssentials
import GatewayCore

/// Where a service of AWS is asked.
package struct Endpoint: Sendable, Equatable {
  /// What an endpoint's name is made from, service by service.
  package struct Service: Sendable {
    /// The variable's end in `AWS_ENDPOINT_URL_…`, and in lower case the section's name in the profile's `services`.
    let identifier: String
    /// Its name in host names, plain and FIPS.
    let hostName: String
    let fipsHostName: String
    /// Its names in single partitions that differ from these, by FIPS, dual stack and the partition's id.
    let exceptions: @Sendable (_ fips: Bool, _ dualStack: Bool, _ partition: String) -> String?

    /// The control plane of Amazon OpenSearch Service.
    package static let openSearch = Service(identifier: "OPENSEARCH", hostName: "es", fipsHostName: "es-fips") {
      fips, dualStack, partition in
      !fips && dualStack && ["aws", "aws-cn", "aws-us-gov"].contains(partition) ? "aos" : nil
    }
    /// AWS Security Token Service. In GovCloud its plain endpoints are FIPS ones.
    package static let sts = Service(identifier: "STS", hostName: "sts", fipsHostName: "sts-fips") {
      fips, dualStack, partition in
      fips && !dualStack && partition == "aws-us-gov" ? "sts" : nil
    }
  }

  /// `https`, or `http` where an endpoint URL says so.
  package let scheme: String
  /// The `Host` header: the name, and the port if it isn't the scheme's own.
  package let host: String
  /// What stands before each path; empty, or `/` and something.
  package let basePath: String

  /// As it is shown.
  package var url: String { "\(scheme)://\(host)\(basePath)" }

  /// A custom URL, else AWS's own endpoint for the region.
  ///
  /// The order of the custom ones is that of the AWS SDKs and Tools Reference Guide, "Service-specific endpoints": the
  /// service's variable, the general variable, the profile's `services` section, the profile's `endpoint_url`.
  ///
  /// - Throws: `EndpointError`: a URL that isn't one, or one together with FIPS or dual stack, which only AWS's own
  ///   endpoints have.
  package init(
    _ service: Service, region: Region, environment: AWSEnvironment, profile: Profile?
  ) throws(EndpointError) {
    let fips = Self.isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", environment, profile)
    let dualStack = Self.isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", environment, profile)
    if let (url, setting) = Self.customURL(service, environment, profile) {
      for (isOn, name) in [(fips, "AWS_USE_FIPS_ENDPOINT"), (dualStack, "AWS_USE_DUALSTACK_ENDPOINT")] where isOn {
        throw EndpointError(setting, "is a URL of its own, and \(name) asks for AWS's; take one of the two away")
      }
      self = try Self(url: url, setting: setting)
      return
    }
    let partition = Partition(regionName: region.name)
    let name =
      service.exceptions(fips, dualStack, partition.id) ?? (fips ? service.fipsHostName : service.hostName)
    scheme = "https"
    host = "\(name).\(region.name).\(dualStack ? partition.dualStackSuffix : partition.dnsSuffix)"
    basePath = ""
  }

  private init(url text: String, setting: String) throws(EndpointError) {
    guard let url = URLComponents(string: text, encodingInvalidCharacters: false),
      let scheme = url.scheme?.lowercased(), scheme == "https" || scheme == "http",
      let host = url.host?.lowercased(), !host.isEmpty, url.user == nil, url.query == nil, url.fragment == nil,
      host.utf8.allSatisfy({ $0.isASCIIAlphanumeric || $0.isOne(of: ".-_:[]") }),
      url.port.map((1...65_535).contains) ?? true
    else {
      throw EndpointError(setting, "has to be a URL such as https://es.eu-west-1.amazonaws.com")
    }
    let ownPort = scheme == "https" ? 443 : 80
    self.scheme = scheme
    self.host = url.port.flatMap { $0 == ownPort ? nil : "\(host):\($0)" } ?? host
    basePath = String(url.percentEncodedPath.reversed().drop(while: { $0 == "/" }).reversed())
    // What is signed has to be what is sent, whoever normalises it on the way.
    let segments = basePath.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard !segments.contains(where: { $0.isEmpty && segments.count > 1 || $0 == "." || $0 == ".." }) else {
      throw EndpointError(setting, "has a path with empty, '.' or '..' segments; write it without")
    }
  }

  /// The first custom URL there is, and the setting it comes from.
  private static func customURL(
    _ service: Service, _ environment: AWSEnvironment, _ profile: Profile?
  ) -> (url: String, setting: String)? {
    let isIgnored =
      environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ?? profile?.setting("ignore_configured_endpoint_urls")
    guard isIgnored?.lowercased() != "true" else { return nil }
    for variable in ["AWS_ENDPOINT_URL_\(service.identifier)", "AWS_ENDPOINT_URL"] {
      if let url = environment[variable] { return (url, variable) }
    }
    guard let profile else { return nil }
    if let url = profile.serviceSetting(service.identifier.lowercased(), "endpoint_url") {
      return (url, "the services section of the profile '\(profile.name)'")
    }
    return profile.setting("endpoint_url").map { ($0, "endpoint_url of the profile '\(profile.name)'") }
  }

  private static func isOn(
    _ variable: String, _ setting: String, _ environment: AWSEnvironment, _ profile: Profile?
  ) -> Bool {
    (environment[variable] ?? profile?.setting(setting))?.lowercased() == "true"
  }
}
