import Threads

/// Work that blocks, on a thread of its own: the executor that requests run on stays free.
enum Blocking {
  /// Runs `work` and waits for its result without blocking.
  ///
  /// - Throws: `ThreadError`, if the system has no room for one more thread.
  static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(ThreadError) -> Value {
    var thread: WorkerThread?
    let result: Result<Value, ThreadError> = await withCheckedContinuation { continuation in
      do throws(ThreadError) {
        thread = try WorkerThread { continuation.resume(returning: .success(work())) }
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
    // It has nothing left to do but to end, which gives its stack back.
    thread?.join()
    return try result.get()
  }
}
