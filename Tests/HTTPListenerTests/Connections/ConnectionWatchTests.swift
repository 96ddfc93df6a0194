import Clocks
import GatewayCore
import IPAddresses
import Synchronization
import Testing

@testable import HTTPListener

@Suite("ConnectionWatch", .timeLimit(.minutes(2)))
struct ConnectionWatchTests {
  /// A clock that is set by hand.
  private final class HandClock: Sendable {
    private let time = Mutex(ContinuousClock.now)

    var clock: MonotonicClock { MonotonicClock { self.time.withLock { $0 } } }

    func advance(_ duration: Duration) {
      time.withLock { $0 += duration }
    }
  }

  private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
  private let hand = HandClock()

  private func watch(
    trusting: [String] = [], _ change: (inout ConnectionLimits) -> Void = { _ in }
  ) -> ConnectionWatch {
    var limits = ConnectionLimits()
    change(&limits)
    return ConnectionWatch(
      limits, trustedProxies: TrustedProxies(trusting.compactMap(AddressRange.init)), clock: hand.clock)
  }

  private func isTrue(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<2000 {
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return false
  }

  @Test(
    "A client that takes too long is cut off, though a byte comes now and then",
    arguments: [
      ("GET / HTTP", ".", Duration.seconds(10)),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", "1", .seconds(10)),
    ])
  func slowSender(begin: String, more: String, time: Duration) async throws {
    let watch = watch()
    try await Served.run(.loopback { $0.watch = watch }) { served in
      let client = try served.connect()
      client.send(begin)
      #expect(await isTrue { watch.counts.open == 1 })
      // The body's time begins when libmicrohttpd has read the head.
      while served.requests.isEmpty, watch.counts.expired == 0 {
        client.send(more)
        hand.advance(time / 5)
        watch.closeExpired()
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(try client.receiveAll() == [])
      #expect(await isTrue { watch.counts == ConnectionCounts(open: 0, refused: 0, expired: 1) })
      #expect(served.requests.isEmpty)
    }
  }

  @Test("A connection that was answered has the idle time for the next request")
  func idle() async throws {
    let watch = watch()
    try await Served.run(.loopback { $0.watch = watch }) { served in
      let client = try served.connect()
      for _ in 0..<3 {
        client.send(Self.request)
        _ = try client.receive()
        hand.advance(.seconds(29))
        watch.closeExpired()
      }
      #expect(watch.counts.expired == 0)
      // Idle it is when libmicrohttpd is done with the answer, which its client may have a moment earlier.
      var seconds = 0
      #expect(
        await isTrue {
          hand.advance(.seconds(1))
          seconds += 1
          watch.closeExpired()
          return watch.counts.expired == 1
        })
      #expect(seconds <= 30)
      #expect(try client.receiveAll() == [])
    }
  }

  @Test("A request may be handled for as long as it takes")
  func handling() async throws {
    let watch = watch()
    let gate = Gate()
    try await Served.run(
      .loopback { $0.watch = watch },
      handler: { request in
        await gate.wait()
        return await Served.echo(request)
      }
    ) { served in
      let client = try served.connect()
      client.send(Self.request)
      #expect(await isTrue { served.requests.count == 1 })
      hand.advance(.seconds(3600))
      watch.closeExpired()
      gate.open()
      #expect(try client.receive().text == "GET /")
    }
  }

  @Test("An address that has all its connections gets no other, a trusted proxy does", arguments: [false, true])
  func perAddress(isTrusted: Bool) async throws {
    let watch = watch(trusting: isTrusted ? ["127.0.0.1"] : []) { $0.perAddress = 3 }
    try await Served.run(.loopback { $0.watch = watch }) { served in
      let clients = try (0..<3).map { _ in try served.connect() }
      for client in clients {
        client.send(Self.request)
        _ = try client.receive()
      }
      let next = try served.connect()
      next.send(Self.request)
      if isTrusted {
        #expect(try next.receive().text == "GET /")
      } else {
        #expect(try next.receiveAll() == [])
        #expect(watch.counts.refused == 1)
        clients[0].abort()
        #expect(await isTrue { watch.counts.open == 2 })
        let another = try served.connect()
        another.send(Self.request)
        #expect(try another.receive().text == "GET /")
      }
    }
  }

  @Test("Beyond the limit connections wait, and are served when there is room")
  func limit() async throws {
    let watch = watch { $0.connections = 4 }
    try await Served.run(
      .loopback {
        $0.watch = watch
        $0.threads = 1
      }
    ) { served in
      let clients = try (0..<4).map { _ in try served.connect() }
      for client in clients {
        client.send(Self.request)
        _ = try client.receive()
      }
      let waiting = try served.connect()
      waiting.send(Self.request)
      clients[0].abort()
      #expect(try waiting.receive().text == "GET /")
      #expect(watch.counts.open <= 4)
    }
  }
}
