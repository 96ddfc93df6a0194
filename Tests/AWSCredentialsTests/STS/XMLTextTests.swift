import Testing

@testable import AWSCredentials

struct XMLTextTests {
  private func text(_ document: String, _ path: String...) -> String? {
    XMLText(Array(document.utf8))?.text(at: path)
  }

  @Test("Texts are found by their path, whatever stands around them")
  func paths() {
    let document = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- a > comment -->
      <Answer xmlns="https://sts.amazonaws.com/doc/2011-06-15/" other='a>b'>
        <Other><Name>wrong</Name></Other>
        <Empty/><Result ><Name
          kind="x">right</Name ></Result>
      </Answer>
      """
    #expect(text(document, "Answer", "Result", "Name") == "right")
    #expect(text(document, "Answer", "*", "Name") == "wrong")
    #expect(text(document, "*", "Result", "Name") == "right")
    #expect(text(document, "Answer", "Empty") == "")
    #expect(text(document, "Answer", "Name") == nil)
    #expect(text(document, "Name") == nil)
  }

  @Test(
    "Entities and CDATA are what they stand for",
    arguments: [
      ("a&amp;b", "a&b"), ("&lt;&gt;&quot;&apos;", "<>\"'"), ("&#65;&#x42;&#x1F600;", "AB😀"), ("&amp;lt;", "&lt;"),
      ("<![CDATA[a<b>&amp;]]>", "a<b>&amp;"), ("x<!-- y -->z", "xz"), ("+/=", "+/="),
    ])
  func entities(content: String, expected: String) {
    #expect(text("<A>\(content)</A>", "A") == expected)
  }

  @Test(
    "What isn't well-formed is nothing",
    arguments: [
      "", "text", "<A>", "<A></B>", "</A>", "<A></A></A>", "<A></A><B></B>", "<A>&nbsp;</A>", "<A>&#xD800;</A>",
      "<A>&amp</A>", "<A><![CDATA[x</A>", "<A><!-- x</A>", "<A></A>text", "text<A></A>", "<A", "<>x</>",
      "<!DOCTYPE A [<!ENTITY x 'y'>]><A>&x;</A>", "<A></A/>", "<1></1>", "<A><B</A>",
    ])
  func malformed(document: String) {
    #expect(XMLText(Array(document.utf8)) == nil)
  }

  @Test("A document is bounded in size and depth")
  func bounds() {
    let limit = XMLText.limit - "<A></A>".count
    #expect(text("<A>\(String(repeating: "x", count: limit))</A>", "A")?.count == limit)
    #expect(text("<A>\(String(repeating: "x", count: limit + 1))</A>", "A") == nil)
    let nested = { (depth: Int) in
      String(repeating: "<A>", count: depth) + String(repeating: "</A>", count: depth)
    }
    #expect(XMLText(Array(nested(16).utf8)) != nil)
    #expect(XMLText(Array(nested(17).utf8)) == nil)
  }

  @Test("Bytes that aren't UTF-8 are nothing")
  func notUTF8() {
    #expect(XMLText(Array("<A>".utf8) + [0xFF] + Array("</A>".utf8)) == nil)
  }
}
