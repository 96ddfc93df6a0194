import GatewayCore
import Testing

@Suite("Redaction")
struct RedactionTests {
  private static let token = Sample.token.exposed

  @Test(
    "A token is taken out wherever it stands, and the rest stays",
    arguments: [
      (token, "cgw_[redacted]"),
      ("before \(token) after", "before cgw_[redacted] after"),
      ("\(token),\(token)", "cgw_[redacted],cgw_[redacted]"),
      ("x\(token)", "xcgw_[redacted]"),
      ("\(token)-1", "cgw_[redacted]-1"),
      ("\(token)é", "cgw_[redacted]é"),
      ("a_b \(token)", "a_b cgw_[redacted]"),
    ])
  func takenOut(text: String, redacted: String) {
    #expect(Redaction.redact(text) == redacted)
  }

  @Test(
    "Secrets that are known are hidden wherever they stand",
    arguments: [
      ("a secret here", "a [redacted] here"), ("secret", "[redacted]"), ("secretsecret", "[redacted][redacted]"),
      // To Swift, the mark and the letter before it are one character.
      ("a secret\u{301}", "a [redacted]\u{301}"),
      ("secret-and-more", "[redacted]"), ("none", "none"),
    ])
  func hidden(text: String, shown: String) {
    // The shorter one first, which is a part of the other.
    let hidden = Redaction.hide(["", "secret", "secret-and-more"], in: text)
    #expect(hidden.utf8.elementsEqual(shown.utf8))
  }

  @Test(
    "Tokens that run into each other, or into a prefix, leave nothing of themselves",
    arguments: [
      "\(token)\(token)", "\(token)\(token)\(token)", "cgw_\(token)", "cgw_cgw_\(token)", "\(token)_\(token)",
      "x_\(token)_",
    ])
  func pastedTogether(_ text: String) {
    #expect(!Redaction.redact(text).contains(Self.token.dropFirst(4).prefix(40)))
  }

  @Test("Most of a token is taken out like a whole one")
  func cutOff() {
    #expect(Redaction.redact(String(Self.token.prefix(30))) == "cgw_[redacted]")
    #expect(Redaction.redact("cgw_12345678") == "cgw_[redacted]")
  }

  @Test(
    "What gives no token away stays as it is",
    arguments: [
      "", "CHG-1234", "snake_case", "cgw_", "cgw_1234567", "cgw_ abcdefghijkl", "CGW_abcdefghijkl", "cgw-abcdefghijkl",
    ])
  func untouched(_ text: String) {
    #expect(Redaction.redact(text) == text)
  }

  @Test(
    "A character that joins the token's first letter to itself doesn't hide the token",
    arguments: ["\u{0600}", "\u{06DD}", "\u{110BD}", "\u{1F468}\u{200D}"])
  func joined(_ prefix: String) {
    // Compared as bytes: as characters, the joined letter is another one.
    let bytes = Array(Redaction.redact(prefix + Self.token).utf8)
    #expect(bytes.firstRange(of: Array(Self.token.utf8)) == nil)
  }

  @Test("Text is cut to the limit after the token was taken out, so no part of it is left at the edge")
  func limit() {
    let text = String(repeating: "x", count: 90) + Self.token
    #expect(Redaction.redact(text, limit: 100) == String(repeating: "x", count: 90) + "cgw_[redac")
    #expect(Redaction.redact("short", limit: 5) == "short")
    #expect(Redaction.redact("short!", limit: 5) == "short")
    #expect(Redaction.redact("", limit: 0) == "")
  }

  @Test("The limit counts code points, so that marks without end can't make a long text of one character")
  func limitOfMarks() {
    let text = "a" + String(repeating: "\u{301}", count: 1000)
    #expect(Redaction.redact(text, limit: 10).unicodeScalars.count == 10)
  }

  @Test(
    "A token in a path goes, however it is percent-encoded",
    arguments: ["_", "%5F", "%5f", "%255F", "%25255f", "%2525255F"])
  func encodedInPath(underscore: String) {
    let secret = Self.token.dropFirst("cgw_".count)
    let redacted = Redaction.redact(path: "/connections/cgw\(underscore)\(secret)/reject", limit: 512)
    #expect(redacted == "/connections/cgw_[redacted]/reject")
  }

  @Test("A path with a letter of the token percent-encoded, or a second token in the segment, keeps neither")
  func partlyEncodedInPath() {
    let secret = Self.token.dropFirst("cgw_".count)
    #expect(Redaction.redact(path: "/%63gw_\(secret)", limit: 512) == "/cgw_[redacted]")
    #expect(Redaction.redact(path: "/\(Self.token)-cgw%5F\(secret)", limit: 512) == "/cgw_[redacted]")
  }

  @Test("A token that decoding shows and decoding once more would hide goes, too")
  func shownInBetween() {
    let secret = Self.token.dropFirst("cgw_".count)
    // Decoded twice it is `%6cgw_…`, decoded three times `lgw_…`.
    #expect(Redaction.redact(path: "/%256%2563gw_\(secret)", limit: 512) == "/cgw_[redacted]")
  }

  @Test(
    "A path without a token stays as it was sent",
    arguments: ["/connections/..%2f..%2fetc/reject", "/connections/100%/x", "/%zz%", "", "/connections/c-0123456789"])
  func pathWithoutToken(path: String) {
    #expect(Redaction.redact(path: path, limit: 512) == path)
  }
}
