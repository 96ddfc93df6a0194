import GatewayCore
import HTTPTypes
import Testing

@testable import OpenSearchClient

@Suite("AWSErrorParser")
struct AWSErrorParserTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var fields: HTTPFields = [:]
    let body: String
    let code: String?
    var message: String?

    var testDescription: String { "\(fields) \(body)" }
  }

  /// The rule: the header, else `code`/`Code`, else `__type`; cut at the first colon, then what follows a number sign.
  static let rows = [
    Row(fields: [.amznErrorType: "ConflictException"], body: "{}", code: "ConflictException"),
    Row(
      fields: [.amznErrorType: "ConflictException"], body: #"{"code":"A","Code":"B","__type":"C","message":"m"}"#,
      code: "ConflictException", message: "m"),
    Row(
      fields: [.amznErrorType: "ValidationException:http://internal.amazon.com/coral/com.amazon.coral.validate/"],
      body: #"{"Message":"m"}"#, code: "ValidationException", message: "m"),
    Row(fields: [.amznErrorType: "aws.protocoltests#FooError:http://x/#y"], body: "{}", code: "FooError"),
    Row(body: #"{"code":"A","Code":"B","__type":"C"}"#, code: "A"),
    Row(body: #"{"Code":"B","__type":"C"}"#, code: "B"),
    Row(body: #"{"__type":"C"}"#, code: "C"),
    Row(body: #"{"__type":"com.amazonaws.es#ResourceNotFoundException"}"#, code: "ResourceNotFoundException"),
    // A mark behind a number sign or a colon doesn't hide it.
    Row(body: "{\"__type\":\"a#\u{602}b:\u{301}c\"}", code: "\u{602}b"),
    Row(body: #"{"code":"ns#FooError:http://x"}"#, code: "FooError"),
    Row(body: #"{"__type":"X","message":"small","Message":"large"}"#, code: "X", message: "small"),
    Row(body: #"{"__type":"X","Message":"large"}"#, code: "X", message: "large"),
    Row(body: #"{"__type":"X","message":null,"Message":"large"}"#, code: "X", message: "large"),
    Row(body: #"{"__type":"X","extra":[1,{"a":null}]}"#, code: "X"),
    Row(fields: [.amznErrorType: "X"], body: "<html>no</html>", code: "X", message: "<html>no</html>"),
    Row(fields: [.amznErrorType: "X"], body: "", code: "X"),
    Row(body: "<html>no</html>", code: "503", message: "<html>no</html>"),
    Row(body: #"{"__type":"X""#, code: "503", message: #"{"__type":"X""#),
    Row(body: "", code: "503"),
    Row(body: "{}", code: nil),
  ]

  @Test("Code and message are where the protocol's rule finds them", arguments: rows)
  func rule(_ row: Row) {
    let answer = AWSErrorParser.answer(
      from: UpstreamResponse(status: 503, fields: row.fields, body: Array(row.body.utf8)), attempts: 1)
    #expect(answer.code == row.code)
    #expect(answer.message == row.message)
    #expect(answer.httpStatus == 503)
    #expect(answer.attempts == 1)
  }

  @Test(
    "A member of a kind that nobody expects doesn't hide the code",
    arguments: [
      #"{"__type":"ResourceNotFoundException","message":17}"#,
      #"{"__type":"ResourceNotFoundException","message":{"a":"b"}}"#,
      #"{"__type":"ResourceNotFoundException","code":404}"#,
    ])
  func unexpectedKind(_ body: String) {
    let response = UpstreamResponse(status: 409, fields: [:], body: Array(body.utf8))
    #expect(AWSErrorParser.answer(from: response, attempts: 1).code == "ResourceNotFoundException")
  }

  @Test("The request id is in either of two headers, the newer one first")
  func requestID() {
    for (fields, expected) in [
      ([.amznRequestID: "new", .amzRequestID: "old"], "new"), ([.amzRequestID: "old"], "old"), ([:], nil),
    ] as [(HTTPFields, String?)] {
      #expect(AWSErrorParser.requestID(of: UpstreamResponse(status: 200, fields: fields, body: [])) == expected)
      let error = AWSErrorParser.answer(from: UpstreamResponse(status: 400, fields: fields, body: []), attempts: 1)
      #expect(error.requestID == expected)
    }
  }

  @Test("Bytes that aren't UTF-8 are shown as well as they can be")
  func notUTF8() throws {
    let response = UpstreamResponse(status: 502, fields: [:], body: [0x61, 0xFF, 0x62])
    #expect(AWSErrorParser.answer(from: response, attempts: 1).message == "a\u{FFFD}b")
  }

  @Test("What AWS or somebody in its place says without end is cut, by code points", arguments: ["e", "\u{301}"])
  func limits(_ character: String) throws {
    let endless = "e" + String(repeating: character, count: 100_000)
    let raw = UpstreamResponse(status: 502, fields: [:], body: Array(endless.utf8))
    #expect(AWSErrorParser.answer(from: raw, attempts: 1).message?.unicodeScalars.count == 256)
    let fields: HTTPFields = [.amznRequestID: endless]
    let body = Array("{\"__type\":\"\(endless)\",\"message\":\"\(endless)\"}".utf8)
    let answer = AWSErrorParser.answer(from: UpstreamResponse(status: 400, fields: fields, body: body), attempts: 1)
    #expect(try #require(answer.code).unicodeScalars.count <= 128)
    #expect(try #require(answer.requestID).unicodeScalars.count <= 128)
    #expect(try #require(answer.message).unicodeScalars.count <= 2048)
  }
}
