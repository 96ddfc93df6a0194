import Digest
import GatewayCore

/// Writes and reads `NextToken`s. A token is where the page begins and a code over that and the search's filters, under a
/// key that nobody knows: one that is made up, or taken to another search, is none.
struct PageTokens: Sendable {
  private let key = SecureRandom.bytes(SHA256.byteCount)

  /// The token for a page of this search.
  func text(of start: PageStart, filters: [ConnectionFilter]) -> String {
    let fields = Array("\(start.after),\(start.turn),".utf8)
    return Hex.encode(fields + HMACSHA256.code(key: key, message: fields + Self.query(filters)))
  }

  /// Where the page begins that is asked for.
  ///
  /// - Throws: `InvalidPaginationTokenException`.
  func start(of request: SearchRequest) throws(AWSError) -> PageStart {
    guard let token = request.nextToken else { return PageStart() }
    let fields = (Hex.decode(token) ?? []).split(separator: UInt8(ascii: ","), maxSplits: 2)
    guard fields.count == 3, let after = Int(String(decoding: fields[0], as: UTF8.self)),
      let turn = Int(String(decoding: fields[1], as: UTF8.self))
    else { throw .invalidPaginationToken }
    let start = PageStart(after: after, turn: turn)
    guard ConstantTime.equal(Array(token.utf8), Array(text(of: start, filters: request.filters).utf8)) else {
      throw .invalidPaginationToken
    }
    return start
  }

  /// The filters count in any order, and so do the values of each.
  private static func query(_ filters: [ConnectionFilter]) -> [UInt8] {
    let filters = filters.map { filter in
      JSON.array(([filter.name.rawValue] + filter.values.sorted()).map(JSON.string)).bytes
    }
    return Array(
      filters.sorted { $0.lexicographicallyPrecedes($1) }.joined(separator: [UInt8(ascii: "\n")]))
  }
}
