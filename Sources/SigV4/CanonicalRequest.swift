import Digest

/// The form of a request that client and service both compute (IAM User Guide, "Create a signed AWS API request",
/// step 1).
package struct CanonicalRequest: Sendable, Equatable {
  /// The whole canonical text.
  package let text: String
  /// `host;x-amz-date`: the names of the headers that are signed, lower-case and sorted.
  package let signedHeaders: String

  /// - Parameters:
  ///   - path: the path as it stands on the request line. Every service but S3 encodes it once more.
  ///   - query: the query as it stands on the request line, without the `?`; each part already percent-encoded.
  ///   - headers: the headers to sign, no name twice.
  ///   - payloadHash: the body's SHA-256 in hex.
  package init(
    method: String, path: String, query: String = "", headers: [(name: String, value: String)], payloadHash: String
  ) {
    let sorted = headers.map { (name: Self.canonicalName($0.name), value: Self.canonicalValue($0.value)) }
      .sorted { $0.name < $1.name }
    var text = method
    text.reserveCapacity(1024)
    text += "\n"
    text += URIEncoding.encode(path.isEmpty ? "/" : path, keepingSlashes: true)
    text += "\n"
    text += Self.canonicalQuery(query)
    text += "\n"
    var signedHeaders = ""
    for (name, value) in sorted {
      text += name
      text += ":"
      text += value
      text += "\n"
      if !signedHeaders.isEmpty { signedHeaders += ";" }
      signedHeaders += name
    }
    text += "\n"
    text += signedHeaders
    text += "\n"
    text += payloadHash
    self.text = text
    self.signedHeaders = signedHeaders
  }

  /// The parameters sorted by name, then by value; a name without `=` gets one.
  private static func canonicalQuery(_ query: String) -> String {
    guard !query.isEmpty else { return "" }
    let pairs = query.split(separator: "&").map { part in
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (name: String(halves[0]), value: halves.count > 1 ? String(halves[1]) : "")
    }
    return pairs.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
      .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  /// In lower case; most are.
  private static func canonicalName(_ name: String) -> String {
    name.hasByte { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? name.lowercased() : name
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  /// White space cut at both ends, and a run of it inside is one space.
  private static func canonicalValue(_ value: String) -> String {
    guard value.hasByte(isSpace) else { return value }
    return value.utf8.split(whereSeparator: isSpace).map { String(Substring($0)) }.joined(separator: " ")
  }
}
