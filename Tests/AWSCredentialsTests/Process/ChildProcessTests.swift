import FoundationEssentials
import Glibc
import Testing

@testable import AWSCredentials

/// Real processes, `/bin/sh` among them.
struct ChildProcessTests {
  private func shell(
    _ script: String, environment: [String: String] = [:], timeout: Duration = .seconds(60), limit: Int = 65_536
  ) -> Result<String, ChildFailure> {
    let child = ChildProcess(
      words: ["/bin/sh", "-c", script], environment: environment, timeout: timeout, outputLimit: limit)
    return child.output().map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("What it writes to standard output is what comes back, and nothing of standard error")
  func output() {
    #expect(shell("echo out; echo error >&2") == .success("out\n"))
  }

  @Test("It gets the environment it is given, and only that")
  func environment() {
    #expect(shell("echo $A; env | grep -c HOME; true", environment: ["A": "b c"]) == .success("b c\n0\n"))
  }

  @Test("Words reach it as they are: nothing is expanded")
  func words() {
    let child = ChildProcess(
      words: ["/usr/bin/printf", "%s|", "$HOME", "*", "a b", ""], environment: [:], timeout: .seconds(60),
      outputLimit: 100)
    #expect(child.output() == .success(Array("$HOME|*|a b||".utf8)))
  }

  @Test("A program without a slash is looked up in PATH")
  func path() {
    let child = ChildProcess(words: ["echo", "found"], environment: [:], timeout: .seconds(60), outputLimit: 100)
    #expect(child.output() == .success(Array("found\n".utf8)))
  }

  @Test("Standard input is empty")
  func input() {
    #expect(shell("cat; echo end") == .success("end\n"))
  }

  @Test("No descriptor of ours gets through")
  func descriptors() throws {
    let file = open("/dev/null", O_RDONLY)
    // One that isn't marked close-on-exec, as libraries have them; and with a number that the shell doesn't give to what it
    // opens itself while it looks.
    let ours = fcntl(file, F_DUPFD, 100)
    try #require(ours >= 100)
    defer { [file, ours].forEach { close($0) } }
    let listed = shell("for n in /proc/self/fd/*; do echo ${n##*/}; done")
    let numbers = try listed.get().split(separator: "\n").compactMap { Int32($0) }
    #expect(numbers.contains(0) && numbers.contains(1) && numbers.contains(2))
    #expect(!numbers.contains(ours))
  }

  @Test("Signals that this process ignores end it as they should")
  func signals() {
    // For good, as the other tests of this process want it too.
    signal(SIGPIPE, SIG_IGN)
    #expect(shell("kill -PIPE $$; echo still here") == .failure(.killed(signal: SIGPIPE)))
  }

  @Test("Another status than 0 is a failure, whatever it wrote", arguments: [1, 2, 255] as [Int32])
  func status(code: Int32) {
    #expect(shell("echo text; exit \(code)") == .failure(.exited(code)))
  }

  @Test(
    "A program that isn't there or may not be run is a failure", arguments: ["/nonexistent/program", "/etc/passwd", ""])
  func notThere(program: String) {
    let child = ChildProcess(words: [program], environment: [:], timeout: .seconds(60), outputLimit: 100)
    guard case .failure(.notStarted) = child.output() else {
      Issue.record("it ran")
      return
    }
  }

  @Test(
    "One that hangs is killed with what it started, and leaves no zombie",
    arguments: ["sleep 1000", "sleep 1000 & wait", "trap '' TERM INT; sleep 1000 & wait", "exec >&-; sleep 1000"])
  func hangs(script: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "child-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "group").path
    let start = ContinuousClock.now
    // A process group has the number of its first process.
    #expect(shell("echo $$ > \(file); \(script)", timeout: .seconds(2)) == .failure(.timedOut(.seconds(2))))
    #expect(ContinuousClock.now - start < .seconds(30))
    let group = try #require(Int32(try String(contentsOfFile: file, encoding: .utf8).filter(\.isNumber)))
    let deadline = ContinuousClock.now + .seconds(30)
    // Those that lost their parent are taken off the list by init, in its own time.
    while Self.isRunning(group: group), ContinuousClock.now < deadline { usleep(1000) }
    #expect(!Self.isRunning(group: group))
    #expect(waitpid(group, nil, WNOHANG) == -1)
  }

  /// Whether a process of the group runs: one that is dead and not yet taken off the list doesn't.
  private static func isRunning(group: Int32) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.contains { name in
      guard Int32(name) != nil, let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
      else { return false }
      // Behind the name: state, parent, group.
      let fields = stat[stat.index(after: end)...].split(separator: " ")
      return fields.count > 2 && fields[0] != "Z" && Int32(fields[2]) == group
    }
  }

  @Test("One that writes without end is stopped at the limit")
  func endless() {
    #expect(shell("while :; do echo yes; done", limit: 10_000) == .failure(.tooMuchOutput(limit: 10_000)))
  }

  @Test("Output of exactly the limit is let through")
  func limit() {
    #expect(shell("printf 12345", limit: 5) == .success("12345"))
    #expect(shell("printf 123456", limit: 5) == .failure(.tooMuchOutput(limit: 5)))
  }
}
