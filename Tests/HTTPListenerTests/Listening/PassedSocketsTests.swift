import Testing

@testable import HTTPListener

/// What systemd says of the sockets that it passes (sd_listen_fds(3)).
@Suite("PassedSockets")
struct PassedSocketsTests {
  @Test("Nothing is said: any descriptor may be used, and none is known to be passed")
  func nothing() {
    let passed = PassedSockets(environment: ["PATH": "/bin"])
    #expect(passed.objection(to: 3, process: 7) == nil)
    #expect(passed.objection(to: 9, process: 7) == nil)
    #expect(passed.descriptors(process: 7).isEmpty)
  }

  @Test("Two sockets for this process are 3 and 4")
  func two() {
    let passed = PassedSockets(environment: ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a:b"])
    #expect(passed.descriptors(process: 7) == 3..<5)
    #expect(passed.objection(to: 3, process: 7) == nil)
    #expect(passed.objection(to: 4, process: 7) == nil)
    #expect(passed.objection(to: 5, process: 7)?.contains("LISTEN_FDS is 2") == true)
  }

  @Test("Sockets for another process are none of ours")
  func another() {
    let passed = PassedSockets(environment: ["LISTEN_PID": "8", "LISTEN_FDS": "1"])
    #expect(passed.descriptors(process: 7).isEmpty)
    #expect(passed.objection(to: 3, process: 7)?.contains("LISTEN_PID is 8") == true)
  }

  @Test(
    "What isn't said whole, or isn't a number, passes nothing",
    arguments: [
      ["LISTEN_PID": "7"], ["LISTEN_FDS": "1"], ["LISTEN_PID": "7", "LISTEN_FDS": "0"],
      ["LISTEN_PID": "7", "LISTEN_FDS": "-1"], ["LISTEN_PID": "7", "LISTEN_FDS": "one"],
      ["LISTEN_PID": "7", "LISTEN_FDS": "99999999999"], ["LISTEN_PID": "", "LISTEN_FDS": "1"],
    ])
  func broken(environment: [String: String]) {
    let passed = PassedSockets(environment: environment)
    #expect(passed.descriptors(process: 7).isEmpty)
    #expect(passed.objection(to: 3, process: 7) != nil)
  }
}
