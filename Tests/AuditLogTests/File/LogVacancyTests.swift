import Glibc
import Synchronization
import TestSupport
import Testing
import Threads

@testable import AuditLog

@Suite("LogVacancy", .timeLimit(.minutes(1)))
struct LogVacancyTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("audit.jsonl")
  }

  /// Waits on a thread of its own, and does when this returns; the flag is raised when that is over.
  private func waiting(_ returned: Flag) async throws -> WorkerThread {
    let isAsked = Flag()
    let thread = try WorkerThread { [path] in
      LogVacancy(path: path).wait {
        isAsked.raise()
        return true
      }
      returned.raise()
    }
    #expect(await eventually { isAsked.isRaised })
    return thread
  }

  @Test("Where there is no log, or nobody writes to it, nothing is waited for")
  func free() throws {
    LogVacancy(path: path).wait { false }
    try folder.write([], to: "audit.jsonl")
    var isAsked = false
    LogVacancy(path: path).wait {
      isAsked = true
      return false
    }
    #expect(!isAsked)
  }

  @Test("While another writes to it, it is waited for, until that one lets go of it")
  func held() async throws {
    let file = try PosixFileSystem().open(path)
    let returned = Flag()
    let thread = try await waiting(returned)
    usleep(100_000)
    #expect(!returned.isRaised)
    file.close()
    #expect(await eventually { returned.isRaised })
    thread.join()
  }

  @Test("A rotation isn't the end: the one who writes goes on in another file")
  func rotated() async throws {
    let files = PosixFileSystem()
    let first = try files.open(path)
    let returned = Flag()
    let thread = try await waiting(returned)
    try files.rename(path, to: path + ".1")
    let second = try files.open(path)
    first.close()
    usleep(100_000)
    #expect(!returned.isRaised)
    second.close()
    #expect(await eventually { returned.isRaised })
    thread.join()
  }

  @Test("It ends as soon as it is told to")
  func toldToEnd() throws {
    let file = try PosixFileSystem().open(path)
    var count = 0
    LogVacancy(path: path).wait {
      count += 1
      return count < 3
    }
    #expect(count == 3)
    file.close()
  }
}
