import Digest
import GatewayCore

/// Writes and reads `NextToken`s. A token is where the page begins and a code over that and the search's filters, under a
/// key that nobody knows: one that is made up, or taken to another search, is none.
struct PageTokens: Sendable {
  private let key = SecureRandom.bytes(SHA256.byteCount)

  /// The token for a page of this search.
  func text(of start: PageStart, filters: [ConnectionFilter]) -> String {
    let fields = "\(start.after),\(start.turn)"
    return Hex.encode(Array(fields.utf8) + [UInt8(ascii: ",")] + code(fields, filters))
  }

  /// Where the page begins that is asked for.
  ///
  /// - Throws: `InvalidPaginationTokenException`.
  func start(of request: SearchRequest) throws(AWSError) -> PageStart {
    guard let token = request.nextToken else { return PageStart() }
    guard let bytes = Hex.decode(token) else { throw .invalidPaginationToken }
    let parts = bytes.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let after = Int(String(decoding: parts[0], as: UTF8.self)),
      let turn = Int(String(decoding: parts[1], as: UTF8.self)),
      ConstantTime.equal(Array(parts[2]), code("\(after),\(turn)", request.filters))
    else { throw .invalidPaginationToken }
    return PageStart(after: after, turn: turn)
  }

  /// The filters count in any order, and so do the values of each.
  private func code(_ fields: String, _ filters: [ConnectionFilter]) -> [UInt8] {
    let filters = filters.map { filter in
      JSON.array(([filter.name.rawValue] + filter.values.sorted()).map(JSON.string)).bytes
    }
    let query = filters.sorted { $0.lexicographicallyPrecedes($1) }.joined(separator: [UInt8(ascii: "\n")])
    return HMACSHA256.code(key: key, message: Array("\(fields)\n".utf8) + query)
  }
}
