import GatewayCore

/// A set of regions with DNS suffixes of its own (botocore's `partitions.json` has the facts).
package struct Partition: Sendable, Equatable {
  package let id: String
  /// `amazonaws.com`.
  package let dnsSuffix: String
  /// `api.aws`.
  package let dualStackSuffix: String
  /// What stands before `-<word>-<digits>` in its regions' names, one of these.
  private let regionPrefixes: [String]

  private init(_ id: String, _ dnsSuffix: String, _ dualStackSuffix: String, _ regionPrefixes: [String]) {
    self.id = id
    self.dnsSuffix = dnsSuffix
    self.dualStackSuffix = dualStackSuffix
    self.regionPrefixes = regionPrefixes
  }

  /// The partition of a region. A region that no partition knows is one that `aws` got since.
  package init(regionName: String) {
    self = Self.others.first { $0.has(regionName) } ?? Self.standard
  }

  private static let standard = Partition("aws", "amazonaws.com", "api.aws", [])

  private static let others = [
    Partition("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", ["cn"]),
    Partition("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", ["eusc-de"]),
    Partition("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", ["us-iso"]),
    Partition("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", ["us-isob"]),
    Partition("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", ["eu-isoe"]),
    Partition("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", ["us-isof"]),
    Partition("aws-us-gov", "amazonaws.com", "api.aws", ["us-gov"]),
  ]

  private func has(_ regionName: String) -> Bool {
    if regionName == "\(id)-global" { return true }
    return regionPrefixes.contains { prefix in
      guard regionName.hasPrefix(prefix + "-") else { return false }
      let rest = regionName.dropFirst(prefix.count + 1).split(separator: "-", omittingEmptySubsequences: false)
      return rest.count == 2 && !rest[0].isEmpty && !rest[1].isEmpty && rest[1].utf8.allSatisfy(\.isASCIIDigit)
    }
  }
}
