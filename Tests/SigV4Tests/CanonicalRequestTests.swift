import SigV4
import Testing

@Suite("CanonicalRequest")
struct CanonicalRequestTests {
  @Test("The test suite's get-vanilla has the published text")
  func vanilla() {
    let request = CanonicalRequest(
      method: "GET", path: "/", headers: Example.headers, payloadHash: Example.emptyHash)
    #expect(
      request.text == """
        GET
        /

        host:example.amazonaws.com
        x-amz-date:20150830T123600Z

        host;x-amz-date
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        """)
    #expect(request.signedHeaders == "host;x-amz-date")
  }

  @Test("The IAM User Guide's ListUsers has the published text")
  func listUsers() {
    let request = CanonicalRequest(
      method: "GET", path: "/", query: "Action=ListUsers&Version=2010-05-08",
      headers: [
        (name: "X-Amz-Date", value: Example.date), (name: "Host", value: "iam.amazonaws.com"),
        (name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8"),
      ],
      payloadHash: Example.emptyHash)
    #expect(
      request.text == """
        GET
        /
        Action=ListUsers&Version=2010-05-08
        content-type:application/x-www-form-urlencoded; charset=utf-8
        host:iam.amazonaws.com
        x-amz-date:20150830T123600Z

        content-type;host;x-amz-date
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        """)
  }

  @Test(
    "The query's parameters are sorted by name and then by value, and each has an equals sign",
    arguments: [
      ("", ""),
      ("Param2=value2&Param1=value1", "Param1=value1&Param2=value2"),
      ("Param1=value2&Param1=Value1", "Param1=Value1&Param1=value2"),
      ("b&a", "a=&b="),
      ("a=1=2", "a=1=2"),
      ("a=&&b=", "a=&b="),
      ("z=%20&A=%2F&a=0", "A=%2F&a=0&z=%20"),
    ])
  func query(query: String, canonical: String) {
    #expect(
      Self.lines(CanonicalRequest(method: "GET", path: "/", query: query, headers: [], payloadHash: ""))[2] == canonical
    )
  }

  @Test(
    "The path as it stands on the request line is encoded once more, slashes excepted",
    arguments: [
      ("", "/"), ("/", "/"), ("/a/b-c_d.e~f", "/a/b-c_d.e~f"), ("/a%20b", "/a%2520b"), ("/a=b:c", "/a%3Db%3Ac"),
      ("/ሴ", "/%E1%88%B4"), ("/2021-01-01/opensearch/cc", "/2021-01-01/opensearch/cc"),
    ])
  func path(path: String, canonical: String) {
    #expect(Self.lines(CanonicalRequest(method: "GET", path: path, headers: [], payloadHash: ""))[1] == canonical)
  }

  @Test(
    "A header's value loses the white space at its ends, and a run of it inside is one space",
    arguments: [
      (" value1", "value1"), ("value1  ", "value1"), ("\"a   b   c\"", "\"a b c\""), ("a\t \tb", "a b"), ("", ""),
      ("  ", ""),
    ])
  func headerValue(value: String, canonical: String) {
    let request = CanonicalRequest(
      method: "GET", path: "/", headers: [(name: "My-Header", value: value)], payloadHash: "")
    #expect(Self.lines(request)[3] == "my-header:\(canonical)")
  }

  @Test("Headers are in lower case and sorted by name, in the text and in their list")
  func headerOrder() {
    let request = CanonicalRequest(
      method: "GET", path: "/", headers: [("b", "2"), ("X-A", "3"), ("A-Z", "1"), ("a", "0")], payloadHash: "hash")
    #expect(request.text == "GET\n/\n\na:0\na-z:1\nb:2\nx-a:3\n\na;a-z;b;x-a\nhash")
    #expect(request.signedHeaders == "a;a-z;b;x-a")
  }

  private static func lines(_ request: CanonicalRequest) -> [Substring] {
    request.text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
