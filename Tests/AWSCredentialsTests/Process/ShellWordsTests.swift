import Testing

@testable import AWSCredentials

struct ShellWordsTests {
  @Test(
    "Words are split as a shell does",
    arguments: [
      ("", []), ("   \t ", []), ("a", ["a"]), ("  a\t b\nc ", ["a", "b", "c"]),
      ("'a b' \"c d\"", ["a b", "c d"]), ("a'b c'd", ["ab cd"]), ("'' \"\"", ["", ""]),
      (#"a\ b"#, ["a b"]), (#"\'a\""#, ["'a\""]), (#"'a\b'"#, [#"a\b"#]), (#""a\"b""#, [#"a"b"#]),
      (#""a\\b""#, [#"a\b"#]), (#""a\nb""#, [#"a\nb"#]), (#""\$HOME \`x\`""#, ["$HOME `x`"]),
      ("\"it's\"", ["it's"]), ("a\\\nb", ["ab"]), ("$HOME ~ * | ; & #x", ["$HOME", "~", "*", "|", ";", "&", "#x"]),
      ("é 'ü ö'", ["é", "ü ö"]), ("'\u{301}a b' c\\\u{301}", ["\u{301}a b", "c\u{301}"]),
    ])
  func split(command: String, words: [String]) {
    #expect(ShellWords.split(command) == words)
  }

  @Test("A quote or backslash left open is no command", arguments: ["'a", "\"a", "a\\", "\"a\\", "a 'b\""])
  func open(command: String) {
    #expect(ShellWords.split(command) == nil)
  }
}
