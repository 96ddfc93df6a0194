import GatewayCore
import TestSupport
import Testing
import Threads

@testable import HTTPListener

/// `Listener.stop`: libmicrohttpd aborts the process if it is stopped with a suspended connection.
@Suite("Listener: stopping", .timeLimit(.minutes(2)))
struct StopTests {
  private static let slowRequest = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"

  /// A listener whose handler waits for the gate, with one request that has come to it.
  private static func serveSlowly(_ gate: Gate) async throws -> (served: Served, client: RawClient) {
    let served = try Served { request in
      await gate.wait()
      return await Served.echo(request)
    }
    let client = try served.connect()
    client.send(slowRequest)
    #expect(await eventually { served.requests.count == 1 })
    return (served, client)
  }

  @Test("Nothing under way: it stops at once, idle connections are closed, and a second stop does nothing")
  func idle() async throws {
    let served = try Served()
    let client = try served.connect()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.receive().status == 200)
    served.stop()
    #expect(try client.receiveAll() == [])
    served.stop()
  }

  @Test("A request under way gets its answer, and stop returns after that")
  func waits() async throws {
    let gate = Gate()
    let (served, client) = try await Self.serveSlowly(gate)
    let isStopped = Flag()
    let stopper = try WorkerThread {
      served.stop(within: .seconds(60))
      isStopped.raise()
    }
    // From here on nobody gets in any more, though the request isn't answered yet.
    #expect(await eventually { (try? served.connect()) == nil })
    #expect(!isStopped.isRaised)
    gate.open()
    #expect(try client.receive().text == "GET /slow")
    stopper.join()
  }

  @Test("A connection that is kept may bring another request for a while, and gets its answer")
  func keptConnection() async throws {
    let served = try Served(.loopback { $0.keptTime = .seconds(300) })
    let clients = [try served.connect(), try served.connect()]
    for client in clients {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receive().status == 200)
    }
    let stopper = try WorkerThread { served.stop(within: .seconds(600)) }
    #expect(await eventually { (try? served.connect()) == nil })
    clients[0].send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
    let last = try clients[0].receive()
    #expect(last.text == "GET /last" && last.values("connection") == ["close"])
    // Once there is no connection left there is nothing to wait for.
    clients[1].abort()
    stopper.join()
  }

  @Test("A request that has come when the time for kept connections is over is answered, not closed on")
  func lastMoment() async throws {
    let served = try Served(.loopback { $0.keptTime = .milliseconds(50) })
    let clients = try (0..<20).map { _ in try served.connect() }
    for client in clients {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receive().status == 200)
    }
    let stopper = try WorkerThread { served.stop(within: .seconds(60)) }
    for client in clients { client.send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n") }
    stopper.join()
    // Sent before the end of the 50 ms or not: whatever was read was answered.
    let answered = try clients.filter { try !$0.receiveAll().isEmpty }.count
    #expect(answered == served.requests.count - 20)
  }

  @Test("Whoever has connected when it stops is accepted and answered")
  func backlog() async throws {
    let gate = Gate()
    let (served, first) = try await Self.serveSlowly(gate)
    let clients = try (0..<50).map { _ in try served.connect() }
    for client in clients { client.send("GET /queued HTTP/1.1\r\nHost: a\r\n\r\n") }
    let stopper = try WorkerThread { served.stop(within: .seconds(60)) }
    #expect(await eventually { served.requests.count == 51 })
    gate.open()
    #expect(try first.receive().status == 200)
    for client in clients { #expect(try client.receive().text == "GET /queued") }
    stopper.join()
  }

  @Test("A request that takes longer than the deadline is hurried, and still gets its answer")
  func hurries() async throws {
    let gate = Gate()
    let (served, client) = try await Self.serveSlowly(gate)
    let start = ContinuousClock.now
    served.listener.stop(deadline: start + .milliseconds(100)) {
      #expect(ContinuousClock.now - start >= .milliseconds(100))
      gate.open()
    }
    #expect(try client.receive().text == "GET /slow")
  }

  @Test("A request that isn't answered even then is cut off; its late answer goes nowhere")
  func cutsOff() async throws {
    let gate = Gate()
    let (served, client) = try await Self.serveSlowly(gate)
    served.listener.stop(deadline: ContinuousClock.now) {}
    #expect(try client.receiveAll() == [])
    gate.open()
  }

  @Test("Requests of clients that have gone are waited for as well: their handlers aren't done")
  func clientGone() async throws {
    let gate = Gate()
    let (served, client) = try await Self.serveSlowly(gate)
    client.abort()
    let isStopped = Flag()
    let stopper = try WorkerThread {
      served.stop(within: .seconds(60))
      isStopped.raise()
    }
    #expect(await eventually { (try? served.connect()) == nil })
    #expect(!isStopped.isRaised)
    gate.open()
    stopper.join()
  }

  @Test(
    "A client that sent half a request, or none, doesn't hold it up",
    arguments: ["", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"])
  func halfRequest(text: String) async throws {
    let served = try Served()
    let client = try served.connect()
    client.send(text)
    let start = ContinuousClock.now
    served.stop(within: .seconds(60))
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(try client.receiveAll() == [])
  }

  @Test("However many requests come while it stops, the process isn't aborted")
  func underLoad() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<15 {
        let served = try Served()
        let isStopped = Flag()
        let clients = try (0..<8).map { _ in
          let client = try SharedClient(served.connect())
          return try WorkerThread { client.hammer(until: isStopped) }
        }
        while served.requests.count < 50 { await Task.yield() }
        served.stop()
        isStopped.raise()
        clients.forEach { $0.join() }
      }
    }
  }
}

/// A client that one thread uses, and is handed to it.
///
/// `@unchecked Sendable` because it is made before the thread starts, and only that thread uses it from then on.
private struct SharedClient: @unchecked Sendable {
  private let client: RawClient

  init(_ client: RawClient) {
    self.client = client
  }

  /// Sends one request after another on one connection, as long as they are answered.
  func hammer(until isStopped: Flag) {
    while !isStopped.isRaised {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      guard (try? client.receive()) != nil else { return }
    }
  }
}
