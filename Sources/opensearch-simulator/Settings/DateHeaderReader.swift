import GatewayCore

/// Reads what an answer's `Date` is to be: one of `offsetSeconds`, `value` and `absent`.
enum DateHeaderReader {
  static let options = ["offsetSeconds", "value", "absent"]

  static func date(_ shape: Shape, at place: String) throws(ShapeError) -> DateHeader {
    let offset = try shape.integer("offsetSeconds", in: SettingsReader.offsets)
    let value = try shape.string("value")
    let absent = try shape.boolean("absent")
    switch (offset, value, absent) {
    case (let offset?, nil, nil): return .offset(offset)
    case (nil, let value?, nil): return .verbatim(try HeaderEditsReader.value(value, of: "value", at: place))
    case (nil, nil, true?): return .absent
    default: throw ShapeError("\(place) has to have one of 'offsetSeconds', 'value' and 'absent': true")
    }
  }
}
