import SigV4
import Testing

@testable import AWSCredentials

struct TokenFileTests {
  private func read(_ content: String?) throws -> String {
    let surroundings = try surroundings(files: content.map { ["/token": $0] } ?? [:])
    return try TokenFile.read("/token", setting: "A_SETTING", surroundings).exposed
  }

  @Test("The line end behind a token isn't part of it", arguments: ["token", "token\n", "token\r\n", "token\n\n"])
  func lineEnd(content: String) throws {
    #expect(try read(content) == "token")
  }

  @Test("White space inside is kept")
  func inside() throws {
    #expect(try read("Bearer token \n") == "Bearer token ")
  }

  @Test(
    "A line break or another control character inside is refused, and the token isn't shown",
    arguments: ["hid\nden", "hid\rden\n", "hid\r\nden", "hid\u{0}den", "hid\tden", "hid\u{7F}den"])
  func controlCharacters(content: String) {
    #expect(
      throws: SourceFailure.failed(
        "/token, which A_SETTING names, has a line break or another control character in it")
    ) { try read(content) }
  }

  @Test(
    "A file that is empty, too large or not there is refused",
    arguments: ["", "\n", String(repeating: "x", count: 65_537), nil])
  func noToken(content: String?) {
    #expect(throws: SourceFailure.self) { try read(content) }
  }
}
