/// A member of a record, or of an object in it: its name, and what its value may be.
///
/// A class, since a log has millions of lines with many members each: this way, reading one copies none of it.
final class LineMember: Sendable {
  /// What the verifier wants to know of a record.
  enum Field: Sendable {
    case time, sequence, stage, requestID, connectionID, recovers, keyID, signature, previousFile, openIntents, previous
  }

  let name: String
  let shape: ValueShape
  let field: Field?
  let isOptional: Bool
  /// `"name":`
  fileprivate let key: [UInt8]

  init(_ name: String, _ shape: ValueShape, _ field: Field? = nil, isOptional: Bool = false) {
    self.name = name
    self.shape = shape
    self.field = field
    self.isOptional = isOptional
    key = Array("\"\(name)\":".utf8)
  }

  /// The same member, which may be missing.
  var optional: LineMember {
    LineMember(name, shape, field, isOptional: true)
  }
}

extension LineScanner {
  enum Found {
    case there(Range<Int>)
    case missing
    case invalid
  }

  /// Goes past the member, and the comma before it, if it stands here.
  mutating func take(_ member: LineMember, isFirst: Bool) -> Found {
    let start = position
    guard isFirst || take(","), take(member.key) else {
      position = start
      return .missing
    }
    return value(member.shape).map(Found.there) ?? .invalid
  }
}
