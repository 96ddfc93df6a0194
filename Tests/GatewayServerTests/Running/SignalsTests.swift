import Glibc
import Synchronization
import Testing
import Threads

@testable import GatewayServer

@Suite("Signals")
struct SignalsTests {
  /// What comes of signals that a thread sends to itself. On a thread of its own, since it is that thread which blocks them.
  private static func events(_ numbers: [Int32]) throws -> [Signals.Event?] {
    let events = Mutex<[Signals.Event?]>([])
    let thread = try WorkerThread {
      var signals = Signals()
      for number in numbers {
        pthread_kill(pthread_self(), number)
        let event = signals.next(within: 5)
        events.withLock { $0.append(event) }
      }
      let event = signals.next(within: 0)
      events.withLock { $0.append(event) }
    }
    thread.join()
    return events.withLock { $0 }
  }

  @Test(
    "SIGTERM and SIGINT stop, SIGHUP reloads, each once",
    arguments: [(SIGTERM, Signals.Event.stop), (SIGINT, .stop), (SIGHUP, .reload)])
  func events(number: Int32, expected: Signals.Event) throws {
    #expect(try Self.events([number]) == [expected, nil])
  }

  @Test("Signals are taken one after another")
  func several() throws {
    #expect(try Self.events([SIGHUP, SIGHUP, SIGTERM]) == [.reload, .reload, .stop, nil])
  }
}
