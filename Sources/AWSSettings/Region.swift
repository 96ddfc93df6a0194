import GatewayCore

/// The AWS region to ask: that of the *destination* domain, in which the connection lives.
package struct Region: Sendable, Equatable {
  package let name: String

  /// The region that `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile names, in this order.
  ///
  /// - Throws: `EndpointError`, if none does, or what it says is no region.
  package init(environment: AWSEnvironment, profile: Profile?) throws(EndpointError) {
    guard let name = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? profile?.setting("region") else {
      throw EndpointError("AWS_REGION", "no region is set; set AWS_REGION to the destination domain's region")
    }
    // The region becomes a part of a host name and of what is signed.
    let isLabel = name.utf8.allSatisfy { $0.isASCIILowercase || $0.isASCIIDigit || $0.isOne(of: "-") }
    guard (1...63).contains(name.utf8.count), isLabel, !name.hasPrefix("-") else {
      throw EndpointError("AWS_REGION", "'\(name)' isn't a region's name, such as eu-west-1")
    }
    self.name = name
  }
}

/// Region and endpoint can't be told from the settings.
package struct EndpointError: Error, Sendable, Equatable {
  /// The variable to look at.
  package let variable: String
  package let reason: String

  init(_ variable: String, _ reason: String) {
    self.variable = variable
    self.reason = reason
  }
}
