import FoundationEssentials
import Glibc

/// A process that was started and not yet waited for.
struct SpawnedProcess {
  private let identifier: pid_t

  /// Starts `words[0]`, looked up in `PATH` unless it has a slash, in a process group of its own.
  ///
  /// Standard input and error are `/dev/null`; no other descriptor of ours gets through, and no signal is blocked or
  /// ignored.
  static func start(
    _ words: [String], environment: [String: String], standardOutput: Int32
  ) -> Result<SpawnedProcess, ChildFailure> {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, standardOutput, 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    closeOthers(&actions)
    setSignals(&attributes)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var identifier = pid_t()
    let code = withCStrings(words) { arguments in
      withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
        posix_spawnp(&identifier, words[0], &actions, &attributes, arguments, variables)
      }
    }
    return code == 0 ? .success(SpawnedProcess(identifier: identifier)) : .failure(.notStarted(code))
  }

  /// Waits for its end. Returns the status as `waitpid` gives it, or `nil` if the deadline passes first.
  func wait(until deadline: ContinuousClock.Instant) throws(ChildFailure) -> Int32? {
    while true {
      var status: Int32 = 0
      switch waitpid(identifier, &status, WNOHANG) {
      case identifier: return status
      case 0: guard ContinuousClock.now < deadline else { return nil }
      default: guard errno == EINTR else { throw .lost }
      }
      // Its output has ended, so its end is near: nothing tells of that but asking.
      var pause = timespec(tv_sec: 0, tv_nsec: 2_000_000)
      nanosleep(&pause, nil)
    }
  }

  /// Ends it with all that it started, and takes its status off the system's list. Not to be called after `wait` gave a
  /// status: the number may be another process's by then.
  func kill() {
    Glibc.kill(-identifier, SIGKILL)
    // In case it left its group.
    Glibc.kill(identifier, SIGKILL)
    while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
  }

  /// Libraries don't mark all of their descriptors as close-on-exec.
  ///
  /// What another thread opens between this and the start gets one of the next numbers; closing what isn't open does
  /// no harm.
  private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.compactMap { Int32($0) } ?? []
    let last = min((open.max() ?? 255) + 64, Int32(sysconf(Int32(_SC_OPEN_MAX))) - 1)
    guard last >= 3 else { return }
    for descriptor in 3...last { posix_spawn_file_actions_addclose(&actions, descriptor) }
  }

  private static func setSignals(_ attributes: inout posix_spawnattr_t) {
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
  }

  /// `texts` as C's list of strings with a `NULL` behind, freed when `body` returns.
  private static func withCStrings<Value>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
  ) -> Value {
    let pointers = texts.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return body(pointers + [nil])
  }
}
