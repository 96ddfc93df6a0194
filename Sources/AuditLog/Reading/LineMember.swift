/// A member of a record, or of an object in it: its name, and what its value may be.
struct LineMember: Sendable {
  /// What the verifier wants to know of a record.
  enum Field: Sendable {
    case time, sequence, stage, requestID, connectionID, recovers, keyID, signature, previousFile, openIntents, previous
  }

  let name: String
  let shape: ValueShape
  var isOptional = false
  var field: Field?
  /// `"name":`
  fileprivate let key: [UInt8]

  init(_ name: String, _ shape: ValueShape, _ field: Field? = nil) {
    self.name = name
    self.shape = shape
    self.field = field
    key = Array("\"\(name)\":".utf8)
  }

  /// The same member, which may be missing.
  var optional: LineMember {
    var member = self
    member.isOptional = true
    return member
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
