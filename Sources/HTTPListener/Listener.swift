import CMicroHTTPD
import CReceive
package import GatewayCore
import Glibc
import Synchronization
package import Threads

/// An HTTP/1.1 listener on libmicrohttpd: parses, checks and suspends, on a loop or on threads of its own; the handler's answer
/// is ready when the connection is resumed.
///
/// `@unchecked Sendable` because `daemons` and `acceptor` are set before `init` returns and again by `stop`, which one thread
/// calls.
package final class Listener: @unchecked Sendable {
  package typealias Handler = @Sendable (Request) async -> Answer

  /// How the listener listens.
  package struct Configuration: Sendable {
    package var address: ListenAddress
    /// How many threads parse and write, where no loop does.
    package var threads: UInt32 = 2
    /// The largest body that is read, in bytes.
    package var bodyLimit = Framing.bodyLimit
    package var trustedProxies = TrustedProxies()
    /// Keeps the connections within their limits. Somebody has to call its `closeExpired` about once a second, else no
    /// connection's time is ever over.
    package var watch = ConnectionWatch()
    /// How long, once it stops, a connection that is kept may bring another request before it is closed.
    package var keptTime = Duration.zero
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
  /// How long nothing may have been under way before the connections are closed: longer than from a request's arrival to
  /// its handler.
  private static let quietTime = Duration.milliseconds(20)

  /// Where it listens, with the real port.
  package let address: ListenAddress
  /// Whether it speaks without TLS.
  let isPlain: Bool
  let reader: RequestReader
  let watch: ConnectionWatch
  /// The connections there are.
  let connections = OpenConnections()
  private let socket: ListeningSocket
  private let keptTime: Duration
  private let handler: Handler
  private let executor: any TaskExecutor
  private let inFlight = Mutex(InFlight())
  private let isToldToStop = Atomic(false)
  private var daemons: [Daemon] = []
  private var acceptor: Acceptor?

  /// Begins to listen and to serve.
  ///
  /// - Parameters:
  ///   - socket: one that has the configuration's address already; otherwise one is made. It is opened here.
  ///   - executor: where `handler` runs.
  ///   - loop: runs what parses and writes; `nil` for the configuration's threads.
  ///   - randomBytes: for the ids of requests that bring none.
  ///   - handler: gives each request its answer. It may take its time: the connection is suspended meanwhile.
  /// - Throws: `ListenError`.
  package init(
    _ configuration: Configuration, socket: ListeningSocket? = nil, executor: any TaskExecutor,
    loop: (any GuestLoop)? = nil, randomBytes: @escaping @Sendable (Int) -> [UInt8],
    handler: @escaping Handler
  ) throws(ListenError) {
    self.socket = if let socket { socket } else { try ListeningSocket(configuration.address) }
    address = self.socket.address
    reader = RequestReader(
      trustedProxies: configuration.trustedProxies, bodyLimit: configuration.bodyLimit, randomBytes: randomBytes,
      connectionMemory: Self.connectionMemory)
    watch = configuration.watch
    isPlain = configuration.tls == nil
    self.handler = handler
    self.executor = executor
    keptTime = configuration.keptTime
    MHD_set_panic_func(stopOnPanic, nil)
    do throws(ListenError) {
      for _ in 0..<(loop == nil ? configuration.threads : 1) {
        daemons.append(try startDaemon(configuration, on: loop))
      }
      try self.socket.open()
      acceptor = try accept()
      self.socket.settle()
    } catch {
      // Nothing has come to them yet.
      daemons.forEach { $0.stop() }
      throw error
    }
  }

  private func startDaemon(
    _ configuration: Configuration, on loop: (any GuestLoop)?
  ) throws(ListenError) -> Daemon {
    guard creceive_is_in_place() != 0 else {
      throw ListenError(configuration.address, reason: "this build of the program can't look at what is received")
    }
    guard let daemon = start(configuration) else {
      throw ListenError(configuration.address, reason: "libmicrohttpd didn't start; is the certificate valid?")
    }
    do throws(ThreadError) {
      let loop = if let loop { loop } else { try GuestThread() as any GuestLoop }
      return Daemon(daemon, isPlain: isPlain, on: loop, connections) { [connections, watch] descriptor in
        connections.refused(descriptor)
        watch.closed(descriptor)
      }
    } catch {
      MHD_stop_daemon(daemon)
      throw ListenError(configuration.address, reason: "the system can't start a thread")
    }
  }

  /// The daemon that has this connection. Descriptors are given out one after another, so that each daemon gets its part.
  func daemon(of descriptor: Int32) -> Daemon {
    daemons[Int(descriptor) % daemons.count]
  }

  /// Accepts connections for the daemons.
  private func accept() throws(ListenError) -> Acceptor {
    do throws(ThreadError) {
      return try Acceptor(socket, connections, watch, isPlain: isPlain) { [unowned self] arrival in
        daemon(of: arrival.descriptor).add(arrival)
      }
    } catch {
      throw ListenError(socket.address, reason: "the system can't start a thread")
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
      cmicrohttpd_answer_before_reading(pending.connection, 1)
      MHD_suspend_connection(pending.connection)
      return true
    }
    guard isSuspended else { return false }
    Task(executorPreference: executor) { [handler] in
      pending.complete(await handler(request))
    }
    return true
  }

  /// Whether every answer ends its connection.
  var isStopping: Bool {
    isToldToStop.load(ordering: .relaxed)
  }

  /// libmicrohttpd is done with a request: answered, or its client is gone.
  func completed(_ pending: PendingRequest) {
    inFlight.withLock { _ = $0.requests.removeValue(forKey: ObjectIdentifier(pending)) }
  }

  /// Stops: no new connections, then whoever has connected gets his answers. What isn't answered by `deadline` is
  /// hurried, and cut off with no answer if even that doesn't help. Then every connection is closed.
  ///
  /// libmicrohttpd aborts the process if it is stopped with a suspended connection, hence the order.
  ///
  /// - Parameters:
  ///   - meanwhile: is called about once a second while it waits.
  ///   - hurry: ends what the handlers wait for.
  package func stop(deadline: ContinuousClock.Instant, meanwhile: () -> Void = {}, hurry: () -> Void) {
    var lastCall = ContinuousClock.now
    let look = {
      guard ContinuousClock.now >= lastCall + .seconds(1) else { return }
      lastCall = ContinuousClock.now
      meanwhile()
    }
    guard !daemons.isEmpty else { return }
    isToldToStop.store(true, ordering: .relaxed)
    acceptor?.stop(by: deadline)
    waitForQuiet(by: deadline, look)
    if !isIdle(by: deadline, look) {
      hurry()
      _ = isIdle(by: ContinuousClock.now + Self.hurriedTime, look)
    }
    let rest = inFlight.withLock { inFlight in
      inFlight.isClosed = true
      return Array(inFlight.requests.values)
    }
    rest.forEach { $0.complete(.cut) }
    _ = isIdle(by: ContinuousClock.now + .seconds(1), look)
    daemons.forEach { $0.stop() }
    daemons = []
  }

  /// Waits until there are no connections, or until those that are left have been idle: no request is under way, and
  /// none has come. A connection that is closed while a request is on its way to us loses that request, so each gets
  /// `keptTime` to bring one more, whose answer then ends it.
  private func waitForQuiet(by deadline: ContinuousClock.Instant, _ look: () -> Void) {
    let keptUntil = ContinuousClock.now + keptTime
    var quietSince: ContinuousClock.Instant?
    while connections.count > 0, ContinuousClock.now < deadline {
      let now = ContinuousClock.now
      // One that never arrives isn't waited for for ever: libmicrohttpd had no memory for it.
      let isQuiet =
        now >= keptUntil && (!connections.areArriving || now >= keptUntil + .seconds(1))
        && inFlight.withLock(\.requests.isEmpty) && !connections.haveUnread
      quietSince = isQuiet ? quietSince ?? now : nil
      if let quietSince, now - quietSince >= Self.quietTime { return }
      look()
      usleep(2000)
    }
  }

  /// Waits until every request that was handed on is answered and its answer sent. It happens once, at the end, so it
  /// looks again and again rather than being told.
  private func isIdle(by deadline: ContinuousClock.Instant, _ look: () -> Void) -> Bool {
    while inFlight.withLock({ !$0.requests.isEmpty }) {
      guard ContinuousClock.now < deadline else { return false }
      look()
      usleep(1000)
    }
    return true
  }

  private func start(_ configuration: Configuration) -> OpaquePointer? {
    // The daemon doesn't own us: it is stopped before we go. It has no thread: `Daemon` has a loop run it.
    let context = Unmanaged.passUnretained(self).toOpaque()
    var options = [
      MHD_OptionItem(option: .CONNECTION_MEMORY_LIMIT, value: Self.connectionMemory, ptr_value: nil),
      // The acceptor keeps to the limit. libmicrohttpd's own is never reached.
      MHD_OptionItem(option: .CONNECTION_LIMIT, value: Int(Int32.max), ptr_value: nil),
      cmicrohttpd_unescape_option(),
      cmicrohttpd_uri_option(requestLineRead, context),
      cmicrohttpd_completed_option(requestCompleted, context),
      cmicrohttpd_connection_option(connectionChanged, context),
    ]
    let end = MHD_OptionItem(option: .END, value: 0, ptr_value: nil)
    guard let tls = configuration.tls else {
      options.append(end)
      return cmicrohttpd_start(cmicrohttpd_flags(0), requestCalled, context, &options)
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
        return cmicrohttpd_start(cmicrohttpd_flags(1), requestCalled, context, &options)
      }
    }
  }
}
