import GatewayCore
import HTTPTypes
import TestSupport
import Testing

@testable import HTTPListener

/// The ways a request can end but a whole answer.
@Suite("Listener: endings", .timeLimit(.minutes(2)))
struct EndingTests {
  private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test("Cut: the connection is closed with not a byte of an answer, and others go on")
  func cut() async throws {
    try await Served.run { request in
      request.target.path == "/cut" ? .cut : await Served.echo(request)
    } body: { served in
      let cut = try served.connect()
      let other = try served.connect()
      cut.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try cut.receiveAll() == [])
      other.send(Self.request)
      #expect(try other.receive().status == 200)
    }
  }

  @Test("Cut short: the whole body is announced, and only so many bytes of it come", arguments: [0, 1, 7, 10, 20])
  func cutShort(count: Int) async throws {
    try await Served.run { _ in
      .cutShort(Response(status: .ok, body: Array("0123456789".utf8)), bodyBytes: count)
    } body: { served in
      let client = try served.connect()
      client.send(Self.request)
      client.finish()
      let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
      #expect(answer.contains("Content-Length: 10\r\n"))
      #expect(answer.hasSuffix("\r\n\r\n" + "0123456789".prefix(count)))
    }
  }

  @Test("A large body that is cut short breaks off after just so many bytes")
  func largeCutShort() async throws {
    try await Served.run { _ in
      .cutShort(Response(status: .ok, body: [UInt8](repeating: 120, count: 100_000)), bodyBytes: 70_001)
    } body: { served in
      let client = try served.connect()
      client.send(Self.request)
      #expect(try client.receiveAll().filter { $0 == 120 }.count == 70_001)
    }
  }

  @Test(
    "A client that sends its request and closes its half gets its answer, whoever else is connected",
    arguments: ["GET", "HEAD", "POST"])
  func halfClosed(method: String) async throws {
    let gate = Gate()
    try await Served.run { request in
      if request.target.path != "/" { await gate.wait() }
      return await Served.echo(request)
    } body: { served in
      let others = try (0..<4).map { _ in try served.connect() }
      for other in others {
        other.send(Self.request)
        _ = try other.receive()
      }
      let clients = try (0..<20).map { _ in try served.connect() }
      for client in clients {
        client.send("\(method) /half HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finish()
      }
      // Over loopback the ends have arrived by now.
      gate.open()
      for client in clients {
        let answer = try client.receive(hasBody: method != "HEAD")
        #expect(answer.status == 200)
        #expect(answer.text == (method == "HEAD" ? "" : "\(method) /half"))
        #expect(answer.values("content-length") == ["\(method.utf8.count + 6)"])
        #expect(answer.values("date").count == 1)
        #expect(try client.receiveAll() == [])
      }
    }
  }

  @Test("A client that goes while its request is handled doesn't stop the handler, nor the next client")
  func clientGone() async throws {
    let started = Flag()
    let gate = Gate()
    let finished = Flag()
    try await Served.run { request in
      guard request.target.path == "/slow" else { return await Served.echo(request) }
      started.raise()
      await gate.wait()
      finished.raise()
      return await Served.echo(request)
    } body: { served in
      let gone = try served.connect()
      gone.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await eventually { started.isRaised })
      gone.abort()
      let client = try served.connect()
      client.send(Self.request)
      #expect(try client.receive().status == 200)
      #expect(!finished.isRaised)
      gate.open()
      #expect(await eventually { finished.isRaised })
      client.send(Self.request)
      #expect(try client.receive().status == 200)
    }
  }

  @Test("A slow answer holds nobody else up")
  func slowAnswer() async throws {
    let gate = Gate()
    try await Served.run { request in
      if request.target.path == "/slow" { await gate.wait() }
      return await Served.echo(request)
    } body: { served in
      let slow = try (0..<10).map { _ in try served.connect() }
      slow.forEach { $0.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n") }
      let client = try served.connect()
      for _ in 0..<20 {
        client.send(Self.request)
        #expect(try client.receive().text == "GET /")
      }
      gate.open()
      for client in slow { #expect(try client.receive().text == "GET /slow") }
    }
  }
}
