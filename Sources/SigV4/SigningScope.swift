package import Clocks

/// What a signature holds for: a day, a region and a service (IAM User Guide, "Elements of an AWS API request
/// signature": the credential scope).
package struct SigningScope: Sendable, Hashable {
  /// `20261122`.
  package let date: String
  package let region: String
  /// AWS's signing name of the service: `es` for Amazon OpenSearch Service.
  package let service: String
  /// `20261122/eu-west-1/es/aws4_request`.
  package let credentialScope: String

  package init(date: String, region: String, service: String) {
    self.date = date
    self.region = region
    self.service = service
    self.credentialScope = .joined(date, "/", region, "/", service, "/aws4_request")
  }

  package init(time: Timestamp, region: String, service: String) {
    self.init(date: String(time.iso8601Basic.prefix(8)), region: region, service: service)
  }
}
