import Clocks
import GatewayCore
import Glibc
import Testing
import Threads

@testable import AuditLog

@Suite("StandardOutputSink")
struct StandardOutputSinkTests {
  private let pipeEnds: (read: Int32, write: Int32)

  init() {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    pipeEnds = (ends[0], ends[1])
  }

  private func line(_ text: String) -> WrittenBatch.Line {
    WrittenBatch.Line(stage: .intent, bytes: Array((text + "\n").utf8)[...])
  }

  private func read() -> String {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(pipeEnds.read, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  @Test("A line is written as it stands in the log")
  func whole() throws {
    let sink = StandardOutputSink(descriptor: pipeEnds.write)
    try sink.send(line("{\"a\":1}"), time: Samples.time)
    #expect(read() == "{\"a\":1}\n")
    close(pipeEnds.read)
    close(pipeEnds.write)
  }

  @Test("When the reader has left, the process lives on, and a line is given up")
  func readerLeft() {
    let sink = StandardOutputSink(descriptor: pipeEnds.write)
    close(pipeEnds.read)
    #expect(throws: CopyFailure(reason: "write: Broken pipe", mayPass: false)) {
      try sink.send(line("a"), time: Samples.time)
    }
    close(pipeEnds.write)
  }

  @Test("After a line that broke off, the next one begins on a line of its own")
  func torn() throws {
    let (readEnd, writeEnd) = pipeEnds
    #expect(fcntl(writeEnd, F_SETFL, O_NONBLOCK) == 0)
    let sink = StandardOutputSink(descriptor: writeEnd)
    // The reader leaves in the middle of a line that is longer than the pipe.
    let leaving = try WorkerThread {
      var byte: UInt8 = 0
      #expect(Glibc.read(readEnd, &byte, 1) == 1)
      close(readEnd)
    }
    #expect(throws: CopyFailure(reason: "write: Broken pipe", mayPass: false)) {
      try sink.send(line(String(repeating: "x", count: 1 << 20)), time: Samples.time)
    }
    leaving.join()
    // Another one takes its place.
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    #expect(dup2(ends[1], writeEnd) == writeEnd)
    try sink.send(line("a"), time: Samples.time)
    try sink.send(line("b"), time: Samples.time)
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = Glibc.read(ends[0], &buffer, buffer.count)
    #expect(buffer.prefix(max(0, count)).elementsEqual("\na\nb\n".utf8))
    for descriptor in ends + [writeEnd] { close(descriptor) }
  }

  @Test("A stream that somebody made a non-blocking one is waited for")
  func nonBlocking() throws {
    let (readEnd, writeEnd) = pipeEnds
    #expect(fcntl(writeEnd, F_SETFL, O_NONBLOCK) == 0)
    let long = String(repeating: "x", count: 300_000)
    // A thread, since what blocks has no place on Swift's few.
    let reader = try WorkerThread {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      var rest = long.utf8.count + 1
      while rest > 0 {
        let count = Glibc.read(readEnd, &buffer, buffer.count)
        guard count > 0 else { break }
        rest -= count
        #expect(buffer.prefix(count).dropLast(rest == 0 ? 1 : 0).allSatisfy { $0 == UInt8(ascii: "x") })
      }
      #expect(rest == 0)
    }
    try StandardOutputSink(descriptor: writeEnd).send(line(long), time: Samples.time)
    reader.join()
    close(readEnd)
    close(writeEnd)
  }
}
