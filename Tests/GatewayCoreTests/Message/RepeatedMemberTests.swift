import FoundationEssentials
import Testing

@testable import GatewayCore

@Suite("RepeatedMember")
struct RepeatedMemberTests {
  @Test(
    "A member that stands twice in an object is found, with its name and the object",
    arguments: [
      (#"{"a":1,"a":1}"#, "a", 0), (#"{"a":1,"b":2,"a":3}"#, "a", 0), (#"{"a" : 1 , "a"\#n\#t: 2}"#, "a", 0),
      (#"{"from":1,"\u0066rom":2}"#, "from", 0), (#"{"\u0066rom":1,"fr\u006Fm":2}"#, "from", 0),
      (#"{"":1,"":2}"#, "", 0), (#"{"a":{},"b":[{"c":1},{"d":1,"d":2}]}"#, "d", 3),
      (#"{"a":{"x":1},"b":{"x":1},"a":2}"#, "a", 0), (#"[{"a":1},[{"b":"}","b":2}]]"#, "b", 1),
      (#"{"a":"\\","a":"\""}"#, "a", 0), (#"{"\"":1,"\u0022":2}"#, "\"", 0), (#"{"a":1,"a":2,}"#, "a", 0),
      ("{\"\u{E9}\":1,\"e\u{301}\":2}", "\u{E9}", 0),
    ])
  func found(text: String, name: String, object: Int) throws {
    #expect(throws: Never.self) { try JSONDecoder().decode(StrictValue.self, from: Data(text.utf8)) }
    let repeated = try #require(RepeatedMember(in: Array(text.utf8)))
    #expect(repeated.name == name && repeated.object == object)
  }

  @Test(
    "What stands twice in other ways is no repeated member",
    arguments: [
      "{}", "[]", "1", "\"a\"", #"{"a":"a"}"#, #"{"a":"b","b":"a"}"#, #"{"a":{"a":{"a":1}}}"#, #"{"a":["a","a","a"]}"#,
      #"[{"a":1},{"a":1}]"#, #"{"a":{"b":1},"b":{"b":1}}"#, #"{"a":"\",\"a\":1"}"#, #"{"a":"{","b":"}","A":":"}"#,
      #"{"a":1,"a ":2}"#,
    ])
  func notFound(text: String) {
    #expect(throws: Never.self) { try JSONDecoder().decode(StrictValue.self, from: Data(text.utf8)) }
    #expect(RepeatedMember(in: Array(text.utf8)) == nil)
  }

  @Test(
    "Bytes that aren't JSON are no crash",
    arguments: ["{\"", "{\"a\\", "}}}", "{\"a\":1,\"a\"", "{\"a", "{\"\":", "\"\\"]
  )
  func anything(text: String) {
    #expect(RepeatedMember(in: Array(text.utf8)) == nil)
  }
}
