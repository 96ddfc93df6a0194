import Testing

@testable import GatewayCore

@Suite("JSONObjectWriter")
struct JSONObjectWriterTests {
  @Test("Members stand in the order in which they were added, objects among them, and what is nil is left out")
  func members() {
    var writer = JSONObjectWriter(capacity: 16)
    writer.add("absent", nil as String?)
    writer.add("text", "a\"b\u{2028}")
    writer.add("number", 42)
    writer.add("inner") {
      $0.add("absent", nil as Int64?)
      $0.add("empty", object: { _ in })
      $0.add("last", "")
    }
    writer.add("json", .array([.null, .bool(true)]))
    #expect(
      writer.bytes(endingWith: "\n").text
        == #"{"text":"a\"b\u2028","number":42,"inner":{"empty":{},"last":""},"json":[null,true]}"# + "\n")
  }

  @Test("An object without members is one")
  func empty() {
    #expect(JSONObjectWriter(capacity: 0).bytes().text == "{}")
  }
}

extension [UInt8] {
  fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
