import Synchronization
import Testing
import Threads

@Suite("Mailbox")
struct MailboxTests {
  @Test("What was posted is taken in order, and all at once")
  func order() {
    let mailbox = Mailbox<Int>(limit: 10)
    for number in 1...5 { #expect(mailbox.post(number)) }
    #expect(mailbox.takeAll(waitingAtMost: nil) == [1, 2, 3, 4, 5])
    #expect(mailbox.takeAll(waitingAtMost: 0) == [])
  }

  @Test("A full mailbox refuses, until it is emptied")
  func limit() {
    let mailbox = Mailbox<Int>(limit: 2)
    #expect(mailbox.post(1))
    #expect(mailbox.post(2))
    #expect(!mailbox.post(3))
    #expect(mailbox.takeAll(waitingAtMost: 0) == [1, 2])
    #expect(mailbox.post(4))
    #expect(mailbox.takeAll(waitingAtMost: 0) == [4])
  }

  @Test("What must get in gets in, even if the mailbox is full")
  func evenIfFull() {
    let mailbox = Mailbox<Int>(limit: 1)
    #expect(mailbox.post(1))
    #expect(mailbox.post(2, evenIfFull: true))
    #expect(mailbox.takeAll(waitingAtMost: 0) == [1, 2])
  }

  @Test("A mailbox that is shut gives what is left and takes nothing more, not even what must get in")
  func shut() {
    let mailbox = Mailbox<Int>(limit: 10)
    #expect(mailbox.post(1))
    #expect(mailbox.shut() == [1])
    #expect(!mailbox.post(2))
    #expect(!mailbox.post(3, evenIfFull: true))
    #expect(mailbox.shut() == [])
  }

  @Test("Nothing comes: the wait ends after its time and no earlier")
  func timeout() {
    let mailbox = Mailbox<Int>(limit: 1)
    let start = ContinuousClock.now
    #expect(mailbox.takeAll(waitingAtMost: 1) == [])
    #expect(ContinuousClock.now - start >= .seconds(1))
  }

  @Test("What comes first waits for company, and no longer than it may")
  func companyThatStaysAway() {
    let mailbox = Mailbox<Int>(limit: 10)
    #expect(mailbox.post(1))
    let start = ContinuousClock.now
    #expect(mailbox.takeAll(waitingAtMost: nil, company: Company(count: 3, nanoseconds: 20_000_000)) == [1])
    #expect(ContinuousClock.now - start >= .milliseconds(20))
  }

  @Test("With the company that was wanted, nobody waits for the time to be over")
  func companyThatComes() throws {
    let mailbox = Mailbox<Int>(limit: 10)
    #expect(mailbox.post(1))
    let taken = Mutex<[Int]>([])
    let taker = try WorkerThread {
      // An hour: were it waited for, this test would not end.
      let elements = mailbox.takeAll(waitingAtMost: nil, company: Company(count: 3, nanoseconds: 3_600_000_000_000))
      taken.withLock { $0 = elements }
    }
    #expect(mailbox.post(2))
    #expect(mailbox.post(3))
    taker.join()
    #expect(taken.withLock { $0 } == [1, 2, 3])
  }

  @Test("Someone who waits without limit is woken by a post")
  func wakes() throws {
    let mailbox = Mailbox<Int>(limit: 1)
    let taken = Mutex<[Int]>([])
    let taker = try WorkerThread {
      let elements = mailbox.takeAll(waitingAtMost: nil)
      taken.withLock { $0 = elements }
    }
    #expect(mailbox.post(7))
    taker.join()
    #expect(taken.withLock { $0 } == [7])
  }

  @Test("Of what four threads post at a time, each element is taken once, a thread's own in order")
  func manyPosters() throws {
    let mailbox = Mailbox<Int>(limit: .max)
    let posters = try (0..<4).map { poster in
      try WorkerThread {
        for number in 0..<5000 { _ = mailbox.post(poster * 5000 + number) }
      }
    }
    var taken: [Int] = []
    while taken.count < 20_000 { taken += mailbox.takeAll(waitingAtMost: nil) }
    posters.forEach { $0.join() }
    #expect(mailbox.takeAll(waitingAtMost: 0) == [])
    for poster in 0..<4 {
      #expect(taken.filter { $0 / 5000 == poster } == Array(poster * 5000..<(poster + 1) * 5000))
    }
  }
}
