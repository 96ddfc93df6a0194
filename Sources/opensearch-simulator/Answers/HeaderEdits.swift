import HTTPTypes

/// Headers that an answer gets, or loses, on request.
struct HeaderEdits: Sendable, Equatable {
  /// The value that each has, in place of the answer's own.
  private(set) var values: [HTTPField.Name: String] = [:]
  /// There is to be no `Date`, which the HTTP library adds to whatever has none.
  var dropsDate = false

  mutating func set(_ name: HTTPField.Name, to value: String) {
    values[name] = value
  }

  /// Whether they say something about `Date`.
  var concernDate: Bool {
    dropsDate || values[.date] != nil
  }

  /// These, with others where these say nothing.
  func over(_ others: HeaderEdits) -> HeaderEdits {
    HeaderEdits(
      values: others.values.merging(values) { $1 }, dropsDate: concernDate ? dropsDate : others.dropsDate)
  }

  func apply(to fields: inout HTTPFields) {
    for (name, value) in values { fields[name] = value }
  }
}
