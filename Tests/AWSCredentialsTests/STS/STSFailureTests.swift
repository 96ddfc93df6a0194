import GatewayCore
import HTTPTypes
import SigV4
import Testing

@testable import AWSCredentials

@Suite("STSFailure")
struct STSFailureTests {
  @Test(
    "A failure is told in one line, which is never empty",
    arguments: [
      ("<Code>A</Code><Message>m</Message>", "A: m"),
      ("<Code>A</Code><Message></Message>", "A"),
      ("<Code></Code><Message></Message>", "status 400"),
      ("<Code>A</Code><Message>one\n two</Message>", "A: one two"),
      ("<Code>A</Code><Message>the secret\u{301}</Message>", "A: the [redacted]\u{301}"),
    ])
  func words(error: String, words: String) {
    let body = "<ErrorResponse><Error>\(error)</Error></ErrorResponse>"
    let failure = STSFailure(
      UpstreamResponse(status: 400, fields: [:], body: Array(body.utf8)), hiding: [Secret("secret")])
    #expect(failure.words == words)
  }

  @Test("A message is cut to 256 code points")
  func long() {
    let message = "e" + String(repeating: "\u{301}", count: 1000)
    let body = "<ErrorResponse><Error><Message>\(message)</Message></Error></ErrorResponse>"
    let failure = STSFailure(UpstreamResponse(status: 400, fields: [:], body: Array(body.utf8)), hiding: [])
    #expect(failure.words.unicodeScalars.count == 256)
  }
}
