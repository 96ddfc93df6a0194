import Clocks
import CurlTransport
import GatewayCore

/// A loop, a transport on it and a server to send to.
struct Harness: Sendable {
  typealias Sent = Result<UpstreamResponse, TransportFailure>

  let server: RawServer
  let loop: EventLoop
  let transport: CurlTransport

  private init(_ settings: CurlSettings, _ script: @escaping @Sendable (RawConnection) -> Void) throws {
    server = try RawServer(script: script)
    loop = try EventLoop(settings)
    transport = CurlTransport(loop: loop, settings: settings)
  }

  /// Runs `body` with everything set up, and takes it down again, whatever `body` does.
  static func run(
    _ settings: CurlSettings = CurlSettings(),
    script: @escaping @Sendable (RawConnection) -> Void, body: (Harness) async throws -> Void
  ) async throws {
    let harness = try Harness(settings, script)
    defer {
      harness.loop.cancelTransfers()
      harness.loop.stop()
      harness.server.stop()
    }
    try await body(harness)
  }

  var url: String {
    "http://127.0.0.1:\(server.port)"
  }

  func send(
    _ method: String = "PUT", _ path: String = "/", fields: [(name: String, value: String)] = [], body: [UInt8] = [],
    within time: Duration = .seconds(20)
  ) async -> Sent {
    await send(method, url: url + path, fields: fields, body: body, within: time)
  }

  func send(
    _ method: String = "PUT", url: String, fields: [(name: String, value: String)] = [], body: [UInt8] = [],
    within time: Duration = .seconds(20)
  ) async -> Sent {
    let request = UpstreamRequest(method: method, url: url, fields: fields, body: body)
    do throws(TransportFailure) {
      return .success(try await transport.send(request, deadline: ContinuousClock.now + time))
    } catch {
      return .failure(error)
    }
  }

  /// How long it takes, measured on the loop: on the test's threads, a turn may be long in coming.
  func timed(_ call: @escaping @Sendable (Harness) async -> Sent) async -> (sent: Sent, time: Duration) {
    await onLoop { harness in
      let start = ContinuousClock.now
      let sent = await call(harness)
      return (sent, ContinuousClock.now - start)
    }
  }

  /// Runs it on the loop's thread.
  func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Harness) async -> Value) async -> Value {
    await Task(executorPreference: loop) { await body(self) }.value
  }
}

extension Harness.Sent {
  var response: UpstreamResponse? {
    try? get()
  }

  /// The body as text.
  var text: String? {
    response.map { String(decoding: $0.body, as: UTF8.self) }
  }

  var isNotSent: Bool {
    if case .failure(.notSent) = self { true } else { false }
  }

  var isBroken: Bool {
    if case .failure(.broken) = self { true } else { false }
  }

  var isTimedOut: Bool {
    if case .failure(.timedOut) = self { true } else { false }
  }
}
