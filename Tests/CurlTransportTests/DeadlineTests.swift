import GatewayCore
import TestSupport
import Testing

@testable import CurlTransport

/// What happens when `CurlTransport`'s time is over.
@Suite("CurlTransport: deadlines", .timeLimit(.minutes(2)))
struct DeadlineTests {
  @Test("A deadline that is over already: not sent, and no connection is made", arguments: [0, -1, -60])
  func alreadyOver(seconds: Int) async throws {
    try await Harness.run { connection in
      connection.waitForClose()
    } body: { harness in
      #expect(await harness.send(within: .seconds(seconds)).isNotSent)
      #expect(harness.server.connectionCount == 0)
    }
  }

  @Test(
    "A server that stops answering: timed out at the deadline, not before",
    arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"])
  func stall(bytes: String) async throws {
    try await Harness.run { connection in
      guard connection.readRequest() != nil else { return }
      connection.send(bytes)
      connection.waitForClose()
    } body: { harness in
      let (sent, time) = await harness.timed { await $0.send(within: .seconds(1)) }
      #expect(sent.isTimedOut)
      #expect(time >= .milliseconds(990))
      #expect(time < .seconds(15))
    }
  }

  @Test("The deadline comes before the connection is made: not sent")
  func handshakeStalls() async throws {
    try await Harness.run { connection in
      connection.waitForClose()
    } body: { harness in
      let sent = await harness.send(url: "https://127.0.0.1:\(harness.server.port)/", within: .seconds(1))
      #expect(sent.isNotSent)
      #expect(await eventually { harness.server.connectionCount == 1 })
    }
  }

  @Test("A connection that takes longer than it may: not sent, long before the deadline")
  func connectTimeout() async throws {
    var settings = CurlSettings()
    settings.connectTimeout = 200
    try await Harness.run(settings) { connection in
      connection.waitForClose()
    } body: { harness in
      let (sent, time) = await harness.timed {
        await $0.send(url: "https://127.0.0.1:\($0.server.port)/", within: .seconds(60))
      }
      #expect(sent.isNotSent)
      #expect(time < .seconds(30))
    }
  }

  @Test("Cancelled: what was sent has timed out, what wasn't was not sent, and neither are later requests")
  func cancel() async throws {
    try await Harness.run { connection in
      while let request = connection.readRequest() {
        if request.line.hasPrefix("PUT /stall") { connection.waitForClose() } else { connection.answer("") }
      }
    } body: { harness in
      async let first = harness.send("PUT", "/stall/1")
      async let second = harness.send("PUT", "/stall/2")
      async let unsent = harness.send(url: "https://127.0.0.1:\(harness.server.port)/")
      #expect(
        await eventually { harness.server.requests.count == 2 && harness.server.connectionCount == 3 })
      harness.loop.cancelTransfers()
      #expect(await first.isTimedOut)
      #expect(await second.isTimedOut)
      #expect(await unsent.isNotSent)
      #expect(await harness.send("PUT", "/next").isNotSent)
    }
  }
}
