/// JSON that was read, for documents in which an unknown member is an error.
package indirect enum StrictValue: Sendable, Equatable, Decodable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([StrictValue])
  case object(StrictObject)

  package init(from decoder: any Decoder) throws {
    if let object = try? StrictObject(from: decoder) {
      self = .object(object)
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else {
      self = .array(try container.decode([StrictValue].self))
    }
  }
}

/// A JSON object with all its members, known or not.
package struct StrictObject: Sendable, Equatable, Decodable {
  package let members: [String: StrictValue]

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: MemberName.self)
    var members: [String: StrictValue] = [:]
    for key in container.allKeys {
      members[key.stringValue] = try container.decode(StrictValue.self, forKey: key)
    }
    self.members = members
  }
}

private struct MemberName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) {
    self.stringValue = stringValue
  }

  init?(intValue: Int) {
    nil
  }
}
