/// An answer as it stood on the wire.
struct RawAnswer: Equatable {
  let statusLine: String
  let fieldLines: [String]
  let body: [UInt8]

  var status: Int {
    statusLine.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }

  var text: String {
    String(decoding: body, as: UTF8.self)
  }

  /// The values of a header, its name in lower case.
  func values(_ name: String) -> [String] {
    fieldLines.filter { $0.lowercased().hasPrefix(name + ":") }.map { line in
      String(line.dropFirst(name.count + 1).drop(while: { $0 == " " }))
    }
  }
}
