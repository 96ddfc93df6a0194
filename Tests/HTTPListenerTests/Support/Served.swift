import GatewayCore
import HTTPListener
import HTTPTypes
import Synchronization

/// A listener on a free loopback port, and what its handler saw.
final class Served: Sendable {
  let listener: Listener
  private let seen: Seen

  private final class Seen: Sendable {
    let requests = Mutex<[Request]>([])
  }

  init(
    _ configuration: Listener.Configuration = .loopback(), handler: @escaping Listener.Handler = Served.echo
  ) throws {
    let seen = Seen()
    self.seen = seen
    listener = try Listener(
      configuration, executor: ThreadExecutor.shared, randomBytes: { [UInt8](repeating: 0xAB, count: $0) },
      handler: { request in
        seen.requests.withLock { $0.append(request) }
        return await handler(request)
      })
  }

  /// A test that fails before its `stop` ends no others: libmicrohttpd would go on with a listener that isn't there.
  deinit {
    listener.stop(deadline: ContinuousClock.now) {}
  }

  /// Serves while `body` runs.
  static func run(
    _ configuration: Listener.Configuration = .loopback(), handler: @escaping Listener.Handler = Served.echo,
    body: (Served) async throws -> Void
  ) async throws {
    let served = try Served(configuration, handler: handler)
    defer { served.stop() }
    try await body(served)
  }

  /// Every request that the handler got, in order.
  var requests: [Request] {
    seen.requests.withLock { $0 }
  }

  func connect() throws -> RawClient {
    try RawClient(port: listener.address.port ?? 0)
  }

  func stop(within time: Duration = .seconds(10)) {
    listener.stop(deadline: ContinuousClock.now + time) {}
  }

  /// Says which request it got, and treats a message that can't be trusted as the gateway does.
  static let echo: Listener.Handler = { request in
    var response = Response(
      status: request.violation == nil ? .ok : .badRequest, body: Array("\(request.method) \(request.target.path)".utf8)
    )
    StandardFields.add(to: &response, for: request)
    return .response(response)
  }
}

extension Listener.Configuration {
  /// A free port of 127.0.0.1, and what `change` makes of the rest.
  static func loopback(_ change: (inout Listener.Configuration) -> Void = { _ in }) -> Listener.Configuration {
    var configuration = Listener.Configuration(address: ListenAddress(host: "127.0.0.1", port: 0))
    change(&configuration)
    return configuration
  }
}
