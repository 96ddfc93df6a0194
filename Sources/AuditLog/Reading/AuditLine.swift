import FoundationEssentials
import GatewayCore

/// A valid line of the log, read back (the rules are in `AuditRecord`): what its verifier needs of it.
struct AuditLine {
  /// The line isn't valid.
  struct Invalid: Error, Equatable {
    let what: String
  }

  /// The whole line, its LF included.
  let bytes: [UInt8]
  private(set) var stage = AuditRecord.Stage.opened
  private(set) var sequence: Int64 = 0
  /// The number of the intent that a `recovered` record closes.
  private(set) var recovers: Int64?
  private var fields = Fields()

  private struct Fields {
    var time: Range<Int>?
    var requestID: Range<Int>?
    var connectionID: Range<Int>?
    var keyID: Range<Int>?
    var signature: Range<Int>?
    var previousFile: Range<Int>?
    var openIntents: Range<Int>?
    var previous: Range<Int>?
  }

  /// Reads a line, its LF included.
  init(_ bytes: [UInt8]) throws(Invalid) {
    self.bytes = bytes
    guard bytes.count <= AuditRecord.lineLimit else { throw Invalid(what: "it is longer than a record can be") }
    var scanner = LineScanner(bytes)
    guard scanner.take("{") else { throw Invalid(what: "it isn't an audit record") }
    try take(LineGrammar.beginning, from: &scanner, isFirst: true)
    try take(LineGrammar.members(of: stage), from: &scanner)
    try take(LineGrammar.ending, from: &scanner)
    guard scanner.take("}"), scanner.take("\n"), scanner.isAtEnd else {
      throw Invalid(what: "it isn't an audit record: byte \(scanner.position + 1) is one too many")
    }
    guard fields.openIntents == nil || hasPreviousFile else {
      throw Invalid(what: "it has 'openIntents' and no 'previousFile'")
    }
    if let recovers, recovers >= sequence { throw Invalid(what: "it 'recovers' what isn't before it") }
  }

  /// As it stands in the line.
  var time: String { text(fields.time) ?? "" }
  var requestID: String { text(fields.requestID) ?? "" }
  var connectionID: String { text(fields.connectionID) ?? "" }
  var keyID: String { text(fields.keyID) ?? "" }
  /// In base64.
  var signature: String { text(fields.signature) ?? "" }
  /// The SHA-256 of the line before, in hex.
  var previous: String { text(fields.previous) ?? "" }

  /// The name that the file before had.
  var previousFile: String? {
    fields.previousFile.flatMap { range in
      try? JSONDecoder().decode(String.self, from: Data(bytes[range.lowerBound - 1...range.upperBound]))
    }
  }

  /// How many intents in files before had neither an outcome nor a `recovered` record.
  var openIntents: Int {
    fields.openIntents.map { Int(number($0)) } ?? 0
  }

  /// Whether the record goes on from another file.
  var hasPreviousFile: Bool {
    fields.previousFile != nil
  }

  private func text(_ range: Range<Int>?) -> String? {
    range.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  private mutating func take(
    _ members: [LineMember], from scanner: inout LineScanner, isFirst: Bool = false
  ) throws(Invalid) {
    var isFirst = isFirst
    for member in members {
      switch scanner.take(member, isFirst: isFirst) {
      case .there(let range):
        isFirst = false
        note(range, as: member.field)
      case .missing where member.isOptional: break
      case .missing:
        throw Invalid(what: "it isn't an audit record: '\(member.name)' was expected at byte \(scanner.position + 1)")
      case .invalid:
        throw Invalid(what: "it isn't an audit record: its '\(member.name)' can't be one")
      }
    }
  }

  private mutating func note(_ range: Range<Int>, as field: LineMember.Field?) {
    switch field {
    case nil: break
    case .time: fields.time = range
    case .sequence: sequence = number(range)
    case .stage: stage = text(range).flatMap(AuditRecord.Stage.init) ?? stage
    case .requestID: fields.requestID = range
    case .connectionID: fields.connectionID = range
    case .recovers: recovers = number(range)
    case .keyID: fields.keyID = range
    case .signature: fields.signature = range
    case .previousFile: fields.previousFile = range
    case .openIntents: fields.openIntents = range
    case .previous: fields.previous = range
    }
  }

  /// Of a range that is known to hold digits, and few enough.
  private func number(_ range: Range<Int>) -> Int64 {
    bytes[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }
}
