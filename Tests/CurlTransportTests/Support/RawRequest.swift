/// A request as it stood on the wire.
struct RawRequest: Sendable, Equatable {
  /// The lines of the head, without their CRLF.
  let head: [String]
  let body: [UInt8]

  var line: String {
    head.first ?? ""
  }

  /// The header lines, sorted, since their order says nothing.
  var fieldLines: [String] {
    head.dropFirst().sorted()
  }

  /// The values of a header, its name in lower case.
  func values(_ name: String) -> [String] {
    head.dropFirst().filter { $0.lowercased().hasPrefix(name + ":") }.map { line in
      String(line.dropFirst(name.count + 1).drop(while: { $0 == " " }))
    }
  }
}
