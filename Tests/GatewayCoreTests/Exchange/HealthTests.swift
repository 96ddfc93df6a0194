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
    let response = await health(["audit": true, "credentials": true, "tokens": true]).ready(
      isStopping: false, for: .outsiders)
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
    ]).ready(isStopping: false, for: .outsiders)
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

  @Test("A gateway that is stopping isn't ready, whatever its checks say")
  func stopping() async throws {
    let response = await health(["audit": true]).ready(isStopping: true, for: .outsiders)
    #expect(response.status == .serviceUnavailable)
    #expect(try response.members()["status"] == .string("not_ready"))
  }

  @Test("What stands in the answer is the readiness; while stopping there is one check more")
  func readiness() async {
    let health = health(["audit": true, "tokens": false])
    let running = await health.readiness(isStopping: false)
    #expect(running.checks.map(\.name) == ["audit", "tokens"])
    #expect(running.checks.map(\.state) == [.ok, .failing("it is broken")])
    #expect(!running.isReady)
    #expect(await health.readiness(isStopping: true).checks.map(\.name) == ["audit", "tokens", "serving"])
    #expect(Readiness(checks: [("audit", .ok), ("tokens", .warning("soon"))]).isReady)
  }

  @Test("Operators are told why, outsiders aren't")
  func reasons() async {
    let operators = await health(["audit": false]).ready(isStopping: false, for: .operators)
    #expect(
      operators.text
        == #"{"status":"not_ready","checks":[{"name":"audit","status":"failing","detail":"it is broken"}]}"#)
    let outsiders = await health(["audit": false]).ready(isStopping: false, for: .outsiders)
    #expect(outsiders.text == #"{"status":"not_ready","checks":[{"name":"audit","status":"failing"}]}"#)
  }

  @Test("A warning is shown, and doesn't keep it from being ready")
  func warning() async {
    let health = Health(checks: [Health.Check(name: "audit") { .warning("little room") }])
    let response = await health.ready(isStopping: false, for: .operators)
    #expect(response.status == .ok)
    #expect(
      response.text
        == #"{"status":"ready","checks":[{"name":"audit","status":"warning","detail":"little room"}]}"#)
  }

  private func health(_ checks: KeyValuePairs<String, Bool>) -> Health {
    Health(
      checks: checks.map { check in
        Health.Check(name: check.key) { [value = check.value] in value ? .ok : .failing("it is broken") }
      })
  }
}
