import GatewayCore
import HTTPTypes
import Testing

@Suite("Health")
struct HealthTests {
  @Test("Being alive is being able to say so, whatever the checks")
  func live() {
    let response = health(["audit": false]).live
    #expect(response.status == .ok)
    #expect(response.text == #"{"status":"ok"}"#)
    #expect(response.fields[.contentType] == "application/json")
  }

  @Test("Ready is 200 with every check by name, in their order")
  func ready() async {
    let response = await health(["audit": true, "credentials": true, "tokens": true]).ready(isStopping: false)
    #expect(response.status == .ok)
    #expect(
      response.text
        == #"{"status":"ready","checks":[{"name":"audit","status":"ok"},{"name":"credentials","status":"ok"},"#
        + #"{"name":"tokens","status":"ok"}]}"#)
    #expect(response.fields[.contentType] == "application/json")
  }

  @Test(
    "One failing check is enough for 503, and the others are still shown",
    arguments: ["audit", "credentials", "tokens"])
  func notReady(_ failing: String) async throws {
    let response = await health([
      "audit": failing != "audit", "credentials": failing != "credentials", "tokens": failing != "tokens",
    ]).ready(isStopping: false)
    #expect(response.status == .serviceUnavailable)
    #expect(response.fields[.contentType] == "application/json")
    let members = try response.members()
    #expect(members["status"] == .string("not_ready"))
    guard case .array(let states) = members["checks"] else {
      Issue.record("there are no checks")
      return
    }
    #expect(states.count == 3)
    for state in states {
      #expect(state["status"] == .string(state["name"] == .string(failing) ? "failing" : "ok"))
    }
  }

  @Test("A warning leaves it ready, and is shown")
  func warning() async {
    let health = Health(checks: [.init(name: "audit") { .warning("5 bytes are free") }])
    let response = await health.ready(isStopping: false)
    #expect(response.status == .ok)
    #expect(response.text == #"{"status":"ready","checks":[{"name":"audit","status":"warning"}]}"#)
  }

  @Test("Why it is so is for those who run the gateway alone")
  func reasons() async {
    let health = Health(checks: [
      .init(name: "audit") { .failing("fdatasync: Input/output error") }, .init(name: "tokens") { .ok },
      .init(name: "credentials") { .warning("soon over") },
    ])
    #expect(await !health.ready(isStopping: false).text.contains("reason"))
    let response = await health.ready(isStopping: false, showsReasons: true)
    #expect(response.status == .serviceUnavailable)
    #expect(
      response.text
        == #"{"status":"not_ready","checks":[{"name":"audit","status":"failing","reason":"fdatasync: Input/output error"},"#
        + #"{"name":"tokens","status":"ok"},{"name":"credentials","status":"warning","reason":"soon over"}]}"#)
  }

  @Test("A gateway that is stopping isn't ready, whatever its checks say")
  func stopping() async throws {
    let response = await health(["audit": true]).ready(isStopping: true)
    #expect(response.status == .serviceUnavailable)
    #expect(try response.members()["status"] == .string("not_ready"))
  }

  private func health(_ checks: KeyValuePairs<String, Bool>) -> Health {
    Health(
      checks: checks.map { check in
        Health.Check(name: check.key) { [value = check.value] in value ? .ok : .failing("it is so") }
      })
  }
}
