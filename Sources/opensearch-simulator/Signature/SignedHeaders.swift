import GatewayCore
import HTTPTypes

/// The headers that a signature covers, with the values they have in the request (IAM User Guide, "Create a signed AWS
/// API request", step 1: `CanonicalHeaders` and `SignedHeaders`).
struct SignedHeaders {
  let headers: [(name: String, value: String)]

  /// - Parameter list: `host;x-amz-date`.
  /// - Throws: `Refusal` if the list isn't in order, if a header has to be in it and isn't, or if it has one that the
  ///   request doesn't have.
  init(_ list: String, of request: Request) throws(Refusal) {
    let names = list.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
    guard zip(names, names.dropFirst()).allSatisfy(<), names.allSatisfy({ $0 == $0.lowercased() }) else {
      throw .invalidSignature(
        .unsortedSignedHeaders, "The 'SignedHeaders' have to be lower-case and sorted, and none may stand twice.")
    }
    let required = ["host"] + request.fields.map(\.name.canonicalName).filter { $0.hasPrefix("x-amz-") }
    for name in required where !names.contains(name) {
      throw .invalidSignature(
        .missingSignedHeader, "'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
    }
    var headers: [(name: String, value: String)] = []
    for name in names {
      let values = HTTPField.Name(name).map { request.fields[values: $0] } ?? []
      guard !values.isEmpty else {
        throw .invalidSignature(.absentSignedHeader, "A header in 'SignedHeaders' isn't in the request.")
      }
      headers.append((name: name, value: values.joined(separator: ",")))
    }
    self.headers = headers
  }
}
