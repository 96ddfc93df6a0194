import GatewayCore
import HTTPTypes
import Testing

@testable import CurlTransport

/// What `CurlTransport` makes of answers.
@Suite("CurlTransport: the answer", .timeLimit(.minutes(2)))
struct ResponseTests {
  private static var smallAnswers: CurlSettings {
    var settings = CurlSettings()
    settings.answerLimit = 1000
    return settings
  }

  /// Sends one request to a server that answers with these bytes and closes.
  private func answer(
    _ bytes: String, _ settings: CurlSettings = CurlSettings()
  ) async throws -> Harness.Sent {
    var result: Harness.Sent?
    try await Harness.run(settings) { connection in
      guard connection.readRequest() != nil else { return }
      connection.send(bytes)
    } body: { harness in
      result = await harness.send()
      #expect(harness.server.requests.count == 1)
    }
    return try #require(result)
  }

  @Test("Status, headers and body come through", arguments: [200, 400, 409, 500, 503])
  func success(status: Int) async throws {
    let answer = try await answer(
      "HTTP/1.1 \(status) Whatever\r\nContent-Length: 5\r\nx-amzn-RequestId:  abc-1 \r\nX-Twice: a\r\nx-twice: b\r\n\r\nhello"
    )
    let response = try #require(answer.response)
    #expect(response.status == status)
    #expect(response.body == Array("hello".utf8))
    #expect(response.fields[try #require(HTTPField.Name("X-Amzn-Requestid"))] == "abc-1")
    #expect(response.fields[values: try #require(HTTPField.Name("X-Twice"))] == ["a", "b"])
  }

  @Test("A body in chunks is put together")
  func chunked() async throws {
    let answer = try await answer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n")
    #expect(answer.text == "hello there")
  }

  @Test("The headers of an interim answer aren't those of the answer")
  func interim() async throws {
    let answer = try await answer(
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 2\r\nContent-Length: 0\r\n\r\n")
    let fields = try #require(answer.response).fields
    #expect(answer.response?.status == 200)
    #expect(fields[try #require(HTTPField.Name("X-Early"))] == nil)
    #expect(fields[try #require(HTTPField.Name("X-Late"))] == "2")
  }

  @Test("A redirect is an answer like any other: nobody follows it", arguments: [301, 302, 307, 308])
  func redirect(status: Int) async throws {
    try await Harness.run { connection in
      guard connection.readRequest() != nil else { return }
      connection.answer("", status: "\(status) Moved", fields: "Location: /elsewhere\r\n")
    } body: { harness in
      #expect(await harness.send().response?.status == status)
      #expect(harness.server.requests.map(\.line) == ["PUT / HTTP/1.1"])
    }
  }

  @Test(
    "An answer that breaks off is broken, wherever it breaks off",
    arguments: [
      "", "HT", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ])
  func cut(bytes: String) async throws {
    #expect(try await answer(bytes).isBroken)
  }

  @Test(
    "What isn't HTTP is broken",
    arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "<html>hello</html>", "\0\0\0\0", "ICY 200 OK\r\n\r\n"])
  func notHTTP(bytes: String) async throws {
    #expect(try await answer(bytes).isBroken)
  }

  @Test("A body as large as the limit is taken; one byte more is broken", arguments: [999, 1000, 1001, 50_000])
  func bodyLimit(count: Int) async throws {
    let body = String(repeating: "x", count: count)
    let announced = try await answer("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n\(body)", Self.smallAnswers)
    let untilClose = try await answer("HTTP/1.1 200 OK\r\n\r\n\(body)", Self.smallAnswers)
    for answer in [announced, untilClose] {
      #expect(answer.text == (count <= 1000 ? body : nil))
      #expect(answer.isBroken == (count > 1000))
    }
  }

  @Test("A head larger than the limit is broken", arguments: [800, 1100, 50_000])
  func headLimit(count: Int) async throws {
    let lines = String(repeating: "X-Filler: 78901234567890123456789012345678\r\n", count: count / 44)
    let answer = try await answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\(lines)\r\nok", Self.smallAnswers)
    #expect(answer.isBroken == (count > 1000))
  }
}
