import Glibc

/// One run of another program: what it writes to standard output, or why there is none.
///
/// It is spawned, never forked: after a fork no library of ours may be used (libcurl, OpenSSL and Swift all have threads and
/// locks). It gets a process group of its own, so that it can be stopped with all that it started.
struct ChildProcess: Sendable {
  let words: [String]
  let environment: [String: String]
  let timeout: Duration
  /// In bytes.
  let outputLimit: Int

  /// Runs it to its end; blocks the thread for as long, `timeout` at most.
  func output() -> Result<[UInt8], ChildFailure> {
    let deadline = ContinuousClock.now + timeout
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return .failure(.notStarted(errno)) }
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let started = SpawnedProcess.start(words, environment: environment, standardOutput: ends[1])
    // Ours has to go: as long as it is open, the output has no end.
    close(ends[1])
    guard case .success(let process) = started else { return started.flatMap { _ in .failure(.lost) } }
    let output: [UInt8]
    let status: Int32
    do throws(ChildFailure) {
      output = try read(ends[0], until: deadline)
      guard let ended = try process.wait(until: deadline) else { throw .timedOut(timeout) }
      status = ended
    } catch {
      process.kill()
      return .failure(error)
    }
    return Self.failure(of: status).map(Result.failure) ?? .success(output)
  }

  /// Everything until the output's end.
  private func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) throws(ChildFailure) -> [UInt8] {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let remaining = (deadline - ContinuousClock.now).components
      let milliseconds = remaining.seconds * 1000 + remaining.attoseconds / 1_000_000_000_000_000
      guard milliseconds > 0 else { throw .timedOut(timeout) }
      let ready = poll(&entry, 1, Int32(min(milliseconds, 60_000)))
      guard ready > 0 else {
        if ready < 0, errno != EINTR { throw .lost }
        continue
      }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return output }
      guard count > 0 else {
        if errno != EINTR { throw .lost }
        continue
      }
      output += buffer[..<count]
      guard output.count <= outputLimit else { throw .tooMuchOutput(limit: outputLimit) }
    }
  }

  /// What a status as `waitpid` gives it says (`wait(2)`): the signal in the low seven bits, else the exit status above.
  private static func failure(of status: Int32) -> ChildFailure? {
    let signal = status & 0x7F
    guard signal == 0 else { return .killed(signal: signal) }
    let exitStatus = (status >> 8) & 0xFF
    return exitStatus == 0 ? nil : .exited(exitStatus)
  }
}
