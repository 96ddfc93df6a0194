import CMicroHTTPD
package import GatewayCore
import Glibc
import Synchronization

/// An HTTP/1.1 listener on libmicrohttpd: an epoll thread pool that parses, checks and suspends; the handler's answer
/// is ready when the connection is resumed.
///
/// `@unchecked Sendable` because `daemon` is set once, before `start` returns, and libmicrohttpd guards what is behind it.
package final class Listener: @unchecked Sendable {
  package typealias Handler = @Sendable (Request) async -> Answer

  /// How the listener listens.
  package struct Configuration: Sendable {
    package var address: ListenAddress
    /// How many threads parse and write.
    package var threads: UInt32 = 2
    /// The largest body that is read, in bytes.
    package var bodyLimit = Framing.bodyLimit
    package var trustedProxies = TrustedProxies()
    /// Keeps the connections within their limits. Somebody has to call its `closeExpired` about once a second, else no
    /// connection's time is ever over.
    package var watch = ConnectionWatch()
    /// TLS with this certificate chain and key, both PEM. Only the stand-in for AWS has it.
    package var tls: (certificate: String, key: String)?

    package init(address: ListenAddress) {
      self.address = address
    }
  }

  /// The requests whose connections are suspended, or whose answers are being sent.
  private struct InFlight {
    var requests: [ObjectIdentifier: PendingRequest] = [:]
    /// From now on no connection may be suspended, since nobody would resume it.
    var isClosed = false
  }

  /// Memory for each connection: request head, its parsed fields and the answer's head. libmicrohttpd clears all of it
  /// after each request, so that all of it counts for a connection that is kept: that is why it isn't larger. A head of
  /// `Framing.headLimit` fits unless it has hundreds of fields. What doesn't fit gets libmicrohttpd's own 431 page.
  private static let connectionMemory = 28 * 1024
  /// How long a request may still take once it was hurried.
  private static let hurriedTime = Duration.seconds(2)

  /// Where it listens, with the real port.
  package let address: ListenAddress
  let reader: RequestReader
  let watch: ConnectionWatch
  private let socket: ListeningSocket
  private let handler: Handler
  private let executor: any TaskExecutor
  private let inFlight = Mutex(InFlight())
  private var daemon: OpaquePointer?

  /// Begins to listen and to serve.
  ///
  /// - Parameters:
  ///   - socket: one that listens already on the configuration's address; otherwise one is opened.
  ///   - executor: where `handler` runs.
  ///   - randomBytes: for the ids of requests that bring none.
  ///   - handler: gives each request its answer. It may take its time: the connection is suspended meanwhile.
  /// - Throws: `ListenError`.
  package init(
    _ configuration: Configuration, socket: ListeningSocket? = nil, executor: any TaskExecutor,
    randomBytes: @escaping @Sendable (Int) -> [UInt8],
    handler: @escaping Handler
  ) throws(ListenError) {
    self.socket = if let socket { socket } else { try ListeningSocket(configuration.address) }
    address = self.socket.address
    reader = RequestReader(
      trustedProxies: configuration.trustedProxies, bodyLimit: configuration.bodyLimit, randomBytes: randomBytes)
    watch = configuration.watch
    self.handler = handler
    self.executor = executor
    MHD_set_panic_func(stopOnPanic, nil)
    daemon = start(configuration)
    guard daemon != nil else {
      close(self.socket.descriptor)
      throw ListenError(configuration.address, reason: "libmicrohttpd didn't start; is the certificate valid?")
    }
  }

  /// Suspends the request's connection and hands the request on.
  ///
  /// - Returns: `false` if it is too late for that, since the listener stops.
  func dispatch(_ request: Request, _ pending: PendingRequest) -> Bool {
    // Under the lock, so that `stop` never finds a request whose connection isn't suspended yet, and none is suspended
    // after it has looked. Before the task starts, since the answer may be there before this function returns.
    let isSuspended = inFlight.withLock { inFlight in
      guard !inFlight.isClosed else { return false }
      inFlight.requests[ObjectIdentifier(pending)] = pending
      MHD_suspend_connection(pending.connection)
      return true
    }
    guard isSuspended else { return false }
    Task(executorPreference: executor) { [handler] in
      pending.complete(await handler(request))
    }
    return true
  }

  /// libmicrohttpd is done with a request: answered, or its client is gone.
  func completed(_ pending: PendingRequest) {
    _ = inFlight.withLock { $0.requests.removeValue(forKey: ObjectIdentifier(pending)) }
  }

  /// Stops: no new connections, then the requests under way get until `deadline` to be answered. What isn't by then is
  /// hurried, and cut off with no answer if even that doesn't help. Then every connection is closed.
  ///
  /// libmicrohttpd aborts the process if it is stopped with a suspended connection, hence the order.
  ///
  /// - Parameter hurry: ends what the handlers wait for.
  package func stop(deadline: ContinuousClock.Instant, hurry: () -> Void) {
    guard let daemon else { return }
    socket.refuseConnections()
    if !isIdle(by: deadline) {
      hurry()
      _ = isIdle(by: ContinuousClock.now + Self.hurriedTime)
    }
    let rest = inFlight.withLock { inFlight in
      inFlight.isClosed = true
      return Array(inFlight.requests.values)
    }
    rest.forEach { $0.complete(.cut) }
    _ = isIdle(by: ContinuousClock.now + .seconds(1))
    MHD_stop_daemon(daemon)
    self.daemon = nil
  }

  /// Waits until every request that was handed on is answered and its answer sent. It happens once, at the end, so it
  /// looks again and again rather than being told.
  private func isIdle(by deadline: ContinuousClock.Instant) -> Bool {
    while inFlight.withLock({ !$0.requests.isEmpty }) {
      guard ContinuousClock.now < deadline else { return false }
      usleep(1000)
    }
    return true
  }

  private func start(_ configuration: Configuration) -> OpaquePointer? {
    // The daemon doesn't own us: it is stopped before we go.
    let context = Unmanaged.passUnretained(self).toOpaque()
    var options = [
      MHD_OptionItem(option: .LISTEN_SOCKET, value: Int(socket.descriptor), ptr_value: nil),
      MHD_OptionItem(option: .THREAD_POOL_SIZE, value: Int(configuration.threads), ptr_value: nil),
      MHD_OptionItem(option: .CONNECTION_MEMORY_LIMIT, value: Self.connectionMemory, ptr_value: nil),
      MHD_OptionItem(option: .CONNECTION_LIMIT, value: configuration.watch.limits.connections, ptr_value: nil),
      cmicrohttpd_unescape_option(),
      cmicrohttpd_uri_option(requestLineRead, context),
      cmicrohttpd_connection_option(connectionNotified, context),
      cmicrohttpd_completed_option(requestCompleted, context),
    ]
    let end = MHD_OptionItem(option: .END, value: 0, ptr_value: nil)
    guard let tls = configuration.tls else {
      options.append(end)
      return cmicrohttpd_start(cmicrohttpd_flags(0), connectionOffered, requestCalled, context, &options)
    }
    var certificate = Array(tls.certificate.utf8CString)
    var key = Array(tls.key.utf8CString)
    return certificate.withUnsafeMutableBytes { certificate in
      key.withUnsafeMutableBytes { key in
        options += [
          MHD_OptionItem(option: .HTTPS_MEM_CERT, value: 0, ptr_value: certificate.baseAddress),
          MHD_OptionItem(option: .HTTPS_MEM_KEY, value: 0, ptr_value: key.baseAddress),
          end,
        ]
        return cmicrohttpd_start(cmicrohttpd_flags(1), connectionOffered, requestCalled, context, &options)
      }
    }
  }
}
