import GatewayCore
import Testing

@Suite("Text")
struct TextTests {
  @Test("A byte is what ASCII says it is")
  func bytes() {
    let digits = Set("0123456789".utf8)
    let lowercase = Set("abcdefghijklmnopqrstuvwxyz".utf8)
    let uppercase = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max {
      #expect(byte.isASCIIDigit == digits.contains(byte))
      #expect(byte.isASCIILowercase == lowercase.contains(byte))
      #expect(
        byte.isASCIIAlphanumeric == (digits.contains(byte) || lowercase.contains(byte) || uppercase.contains(byte)))
      #expect(byte.isOne(of: ".-_") == [0x2E, 0x2D, 0x5F].contains(byte))
    }
  }

  @Test(
    "A file's folder is what stands before the last slash",
    arguments: [
      ("/etc/tokens.json", "/etc"), ("/tokens.json", "/"), ("tokens.json", "."), ("a/b/c", "a/b"),
      ("/a/b/\u{301}c", "/a/b"), ("/a\u{301}/b", "/a\u{301}"),
    ])
  func folderPath(path: String, folder: String) {
    #expect(path.folderPath == folder)
  }

  @Test(
    "White space is cut at both ends and kept inside",
    arguments: [("", ""), ("  ", ""), (" a b ", "a b"), ("\t\r\na\n", "a"), ("a", "a")])
  func trimmed(text: String, trimmed: String) {
    #expect(Substring(text).trimmed == trimmed)
  }
}
