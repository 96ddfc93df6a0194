import Digest
import FoundationEssentials

/// Where a list goes on: AWS's token, bound to the filters that it was given for.
///
/// Opaque to callers. It holds nothing secret, and a forged one gets no more than AWS gives for a forged token.
package struct Cursor: Equatable {
  package let nextToken: String
  private let fingerprint: String

  package init(nextToken: String, madeFor filters: String) {
    self.nextToken = nextToken
    fingerprint = Self.hash(filters)
  }

  /// Reads a caller's cursor.
  ///
  /// - Throws: `invalid_request`: it isn't one, or was made for other filters.
  package init(_ text: String, madeFor filters: String) throws(Problem) {
    let base64 = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    let padding = String(repeating: "=", count: (4 - base64.count % 4) % 4)
    let decoded = Data(base64Encoded: String(base64) + padding).map { String(decoding: $0, as: UTF8.self) }
    guard let parts = decoded?.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false), parts.count == 2,
      !parts[1].isEmpty
    else {
      throw Problem(.invalidRequest, "The query parameter 'cursor' isn't one of ours. Begin again without one.")
    }
    guard parts[0] == Self.hash(filters) else {
      throw Problem(
        .invalidRequest, "The query parameter 'cursor' belongs to other filters. Begin again, or use the same ones.")
    }
    self.init(nextToken: String(parts[1]), madeFor: filters)
    // Base64 has several spellings of the same bytes, and bytes that aren't UTF-8 were mended: ours is the one that counts.
    guard self.text == text else {
      throw Problem(.invalidRequest, "The query parameter 'cursor' isn't one of ours. Begin again without one.")
    }
  }

  /// As the caller gets it: base64url without padding.
  package var text: String {
    Data("\(fingerprint)\n\(nextToken)".utf8).base64EncodedString().filter { $0 != "=" }
      .map { $0 == "+" ? "-" : $0 == "/" ? "_" : String($0) }.joined()
  }

  private static func hash(_ filters: String) -> String {
    String(SHA256.hex(filters).prefix(16))
  }
}
