import CMicroHTTPD
import GatewayCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import HTTPListener

@Suite("AcceptFilter")
final class AcceptFilterTests: Sendable {
  /// A client's end and ours, which the filter has.
  private struct Pair {
    let client: Int32
    let ours: Int32

    init() {
      var ends: [Int32] = [-1, -1]
      #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      (client, ours) = (ends[0], ends[1])
    }

    func send(_ text: String) {
      #expect(Glibc.send(client, text, text.utf8.count, 0) == text.utf8.count)
    }
  }

  private static let head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  private let passed = Mutex<[Int32]>([])
  private let pairs = Mutex<[Pair]>([])

  deinit {
    pairs.withLock { $0.forEach { [$0.client, $0.ours].forEach { close($0) } } }
  }

  private func filter(isOpen: Bool = false) throws -> AcceptFilter {
    try AcceptFilter(isOpen: isOpen) { [unowned self] arrival in passed.withLock { $0.append(arrival.descriptor) } }
  }

  /// A connection that has sent this, and is then accepted.
  private func accepted(_ filter: AcceptFilter, sent text: String = "") -> Pair {
    let pair = Pair()
    pairs.withLock { $0.append(pair) }
    if !text.isEmpty { pair.send(text) }
    filter.take(Daemon.Arrival(descriptor: pair.ours, peer: sockaddr_storage(), peerLength: 0))
    return pair
  }

  private var passedOn: [Int32] { passed.withLock { $0 } }

  @Test("Whose head is there is passed on at once, and nothing of it is read")
  func whole() throws {
    let pair = accepted(try filter(), sent: Self.head)
    #expect(passedOn == [pair.ours])
    var bytes = [UInt8](repeating: 0, count: 100)
    #expect(recv(pair.ours, &bytes, bytes.count, Int32(MSG_DONTWAIT)) == Self.head.utf8.count)
  }

  @Test("Whose head comes piece by piece is passed on with the last one, once")
  func pieces() throws {
    let filter = try filter()
    let pair = accepted(filter)
    for character in Self.head.dropLast() {
      pair.send(String(character))
      filter.look()
      #expect(passedOn == [])
    }
    pair.send("\n")
    filter.look()
    #expect(passedOn == [pair.ours])
    pair.send(Self.head)
    filter.look()
    #expect(passedOn == [pair.ours])
  }

  @Test("Who speaks another protocol, sends more than a head may have or closes is passed on: others answer, or close")
  func noHead() throws {
    let filter = try filter()
    let other = accepted(filter, sent: "\u{16}\u{3}\u{1}")
    #expect(passedOn == [other.ours])

    let large = accepted(filter, sent: "GET / HTTP/1.1\r\nX: ")
    large.send(String(repeating: "x", count: Framing.headLimit + 1))
    filter.look()
    #expect(passedOn == [other.ours, large.ours])

    let gone = accepted(filter, sent: "GET / HT")
    #expect(passedOn.count == 2)
    shutdown(gone.client, Int32(SHUT_WR))
    filter.look()
    #expect(passedOn == [other.ours, large.ours, gone.ours])
  }

  @Test("One that was passed on isn't looked at any more, though another has its number")
  func sameNumber() throws {
    let filter = try filter()
    let first = accepted(filter, sent: "GET")
    let second = accepted(filter, sent: Self.head)
    #expect(passedOn == [second.ours])
    first.send(" / HTTP/1.1\r\nHost: a\r\n\r\n")
    filter.look()
    #expect(passedOn == [second.ours, first.ours])
    // As if the first had been closed, and its number given out again.
    filter.take(Daemon.Arrival(descriptor: first.ours, peer: sockaddr_storage(), peerLength: 0))
    #expect(passedOn == [second.ours, first.ours, first.ours])
  }

  @Test("Once it is open it keeps nobody back, and those that it had are passed on")
  func opened() throws {
    let filter = try filter()
    let waiting = [accepted(filter), accepted(filter, sent: "GET"), accepted(filter, sent: "GET / HTTP/1.1\r\n")]
    #expect(passedOn == [])
    filter.open()
    #expect(passedOn.sorted() == waiting.map(\.ours).sorted())
    let late = accepted(filter)
    #expect(passedOn.last == late.ours)
    waiting[0].send("G")
    filter.look()
    #expect(passedOn.count == 4)

    let another = accepted(try self.filter(isOpen: true))
    #expect(passedOn.last == another.ours)
  }

  @Test("More than are looked at in one turn are passed on in as many as it takes")
  func many() throws {
    let filter = try filter()
    let all = (0..<100).map { _ in accepted(filter, sent: "GET") }
    all.forEach { $0.send(" / HTTP/1.1\r\n\r\n") }
    filter.look()
    #expect(passedOn.count == 64)
    filter.look()
    #expect(passedOn.sorted() == all.map(\.ours).sorted())
  }
}
