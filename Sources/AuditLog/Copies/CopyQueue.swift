import Synchronization
import Threads

/// Carries lines to one copy, on a thread of its own, so that a copy that blocks or fails holds up nobody else.
///
/// What can't be handed over now waits here. What finds no room to wait is missed, and counted.
final class CopyQueue: Sendable {
  /// How much may wait, in bytes.
  static let byteLimit = 8 << 20
  /// Seconds after which a line is tried again that didn't get through.
  private static let secondsBetweenTries = 1.0
  /// Seconds that the end of the process waits for what is still to be handed over.
  private static let secondsToEnd = 2.0

  private enum Message: Sendable {
    case batch(WrittenBatch)
    case end
  }

  /// For logs and metrics.
  let kind: String
  private let mailbox = Mailbox<Message>(limit: .max)
  private let waitingBytes = Atomic(0)
  private let waitingLines = Atomic(0)
  private let missed = Atomic(0)
  private let isEnding = Atomic(false)
  private let lastFailure = Mutex<String?>(nil)
  /// Wakes the thread where it waits before it tries again.
  private let wake = Mailbox<Void>(limit: .max)
  private let ended = Mailbox<Void>(limit: 1)

  /// - Parameter sink: called once, on the thread.
  init(kind: String, sink: @escaping @Sendable () -> any CopySink) throws(ThreadError) {
    self.kind = kind
    // Not waited for: it may be held up for good.
    try WorkerThread { [self] in run(sink()) }.detach()
  }

  /// How many lines the copy doesn't have and never will.
  var missedCount: Int {
    missed.load(ordering: .relaxed)
  }

  /// Why a line didn't get through, if one didn't since the last time this was asked.
  func takeFailure() -> String? {
    lastFailure.withLock { failure in
      defer { failure = nil }
      return failure
    }
  }

  /// Takes lines to be handed over; never waits. Called by one thread.
  func offer(_ batch: WrittenBatch) {
    guard waitingBytes.load(ordering: .relaxed) + batch.bytes.count <= Self.byteLimit else {
      missed.add(batch.stages.count, ordering: .relaxed)
      lastFailure.withLock { $0 = $0 ?? "it doesn't take the lines as fast as they come" }
      return
    }
    waitingBytes.add(batch.bytes.count, ordering: .relaxed)
    waitingLines.add(batch.stages.count, ordering: .relaxed)
    _ = mailbox.post(.batch(batch))
  }

  /// Hands over what waits, as far as that goes without much delay.
  func close() {
    isEnding.store(true, ordering: .relaxed)
    _ = wake.post(())
    _ = mailbox.post(.end)
    guard ended.takeAll(waitingAtMost: Self.secondsToEnd).isEmpty else { return }
    missed.add(waitingLines.load(ordering: .relaxed), ordering: .relaxed)
    lastFailure.withLock { $0 = $0 ?? "it held up the last lines" }
  }

  private func run(_ sink: any CopySink) {
    while true {
      for message in mailbox.takeAll(waitingAtMost: nil) {
        guard case .batch(let batch) = message else {
          _ = ended.post(())
          return
        }
        batch.forEachLine { line in
          handOver(line, of: batch, to: sink)
          waitingLines.subtract(1, ordering: .relaxed)
        }
        waitingBytes.subtract(batch.bytes.count, ordering: .relaxed)
      }
    }
  }

  private func handOver(_ line: WrittenBatch.Line, of batch: WrittenBatch, to sink: any CopySink) {
    while true {
      do {
        return try sink.send(line, time: batch.time)
      } catch {
        lastFailure.withLock { $0 = error.reason }
        guard error.mayPass, !isEnding.load(ordering: .relaxed) else {
          missed.add(1, ordering: .relaxed)
          return
        }
        _ = wake.takeAll(waitingAtMost: Self.secondsBetweenTries)
      }
    }
  }
}
