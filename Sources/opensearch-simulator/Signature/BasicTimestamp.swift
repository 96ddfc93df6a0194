import Clocks

extension Timestamp {
  /// Reads the basic form of ISO 8601, `20261122T160000Z`; `nil` for anything else.
  init?(basic text: String) {
    let characters = Array(text)
    guard characters.count == 16 else { return nil }
    let date = [0..<4, 4..<6, 6..<8].map { String(characters[$0]) }.joined(separator: "-")
    let time = [9..<11, 11..<13, 13..<15].map { String(characters[$0]) }.joined(separator: ":")
    // Written again it has to be the same: that there is no 31st of February, and nothing but digits, follows.
    guard let timestamp = Timestamp(iso8601: "\(date)T\(time)Z"), timestamp.iso8601Basic == text else { return nil }
    self = timestamp
  }
}
