import FoundationEssentials
import GatewayCore

/// A JSON object that is being read, with the name of the place it stands at, for messages. A member that is null counts
/// as absent.
struct Shape {
  private let members: [String: StrictValue]
  private let place: String
  /// The members that are null.
  let nulls: Set<String>

  /// - Throws: `ShapeError` if the value isn't an object.
  init(_ value: StrictValue, at place: String) throws(ShapeError) {
    guard case .object(let object) = value else { throw ShapeError("\(place) has to be an object") }
    members = object.members.filter { $0.value != .null }
    nulls = Set(object.members.filter { $0.value == .null }.keys)
    self.place = place
  }

  /// An object without members.
  init(emptyAt place: String) {
    members = [:]
    nulls = []
    self.place = place
  }

  /// Any JSON value.
  ///
  /// - Throws: `ShapeError` if the bytes aren't JSON.
  static func value(_ bytes: [UInt8]) throws(ShapeError) -> StrictValue {
    do {
      return try JSONDecoder().decode(StrictValue.self, from: Data(bytes))
    } catch {
      throw ShapeError("it isn't JSON")
    }
  }

  /// The names of all members.
  var names: Set<String> {
    nulls.union(members.keys)
  }

  /// - Throws: `ShapeError` if there is a member with another name.
  func allow(only names: [String]) throws(ShapeError) {
    if let unknown = members.keys.filter({ !names.contains($0) }).min() {
      throw ShapeError("\(place) has '\(unknown)', which isn't one of \(names.joined(separator: ", "))")
    }
  }

  func string(_ name: String) throws(ShapeError) -> String? {
    switch members[name] {
    case nil: nil
    case .string(let text): text
    default: throw ShapeError("\(place): '\(name)' has to be a string")
    }
  }

  func boolean(_ name: String) throws(ShapeError) -> Bool? {
    switch members[name] {
    case nil: nil
    case .bool(let value): value
    default: throw ShapeError("\(place): '\(name)' has to be true or false")
    }
  }

  func integer(_ name: String, in range: ClosedRange<Int64>) throws(ShapeError) -> Int? {
    switch members[name] {
    case nil: nil
    case .integer(let number) where range.contains(number): Int(number)
    default:
      throw ShapeError("\(place): '\(name)' has to be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  func list(_ name: String) throws(ShapeError) -> [StrictValue]? {
    switch members[name] {
    case nil: nil
    case .array(let elements): elements
    default: throw ShapeError("\(place): '\(name)' has to be a list")
    }
  }

  func strings(_ name: String) throws(ShapeError) -> [String]? {
    try list(name)?.map { value throws(ShapeError) in
      guard case .string(let text) = value else { throw ShapeError("\(place): '\(name)' has to be a list of strings") }
      return text
    }
  }

  /// A list of whole numbers.
  func integers(_ name: String) throws(ShapeError) -> [Int]? {
    try list(name)?.map { value throws(ShapeError) in
      guard case .integer(let number) = value else {
        throw ShapeError("\(place): '\(name)' has to be a list of whole numbers")
      }
      return Int(number)
    }
  }

  func value(_ name: String) -> StrictValue? {
    members[name]
  }

  func shape(_ name: String) throws(ShapeError) -> Shape? {
    guard let value = members[name] else { return nil }
    return try Shape(value, at: "\(place): '\(name)'")
  }
}
