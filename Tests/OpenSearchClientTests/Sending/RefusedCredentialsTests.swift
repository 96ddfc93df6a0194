import AWSCredentials
import Clocks
import GatewayCore
import HTTPTypes
import SigV4
import Testing

@testable import OpenSearchClient

@Suite("Refused credentials")
struct RefusedCredentialsTests {
  private static func keys(_ id: String) -> SigningCredentials {
    SigningCredentials(accessKeyID: id, secretAccessKey: Secret("secret of \(id)"))
  }

  private static func expired(_ code: String = "ExpiredTokenException") -> FakeTransport.Answer {
    .error(code, 403)
  }

  private func calls(
    _ answers: [FakeTransport.Answer], _ credentials: FakeCredentials.Answer..., maxAttempts: Int = 3
  ) -> Calls {
    var calls = Calls(FakeTransport(answers))
    var all = credentials
    let first = all.removeFirst()
    calls.credentials =
      switch all.count {
      case 0: FakeCredentials(first)
      case 1: FakeCredentials(first, all[0])
      default: FakeCredentials(first, all[0], all[1])
      }
    calls.maxAttempts = maxAttempts
    return calls
  }

  private func keyIDs(_ calls: Calls) -> [String?] {
    calls.transport.sent.map(\.request.accessKeyID)
  }

  @Test(
    "An expired token or a rejected key: looked up anew, and tried again at once, free, with the new ones",
    arguments: AWSCodes.expired + AWSCodes.rejectedKey)
  func refreshed(_ code: String) async throws {
    let calls = calls([Self.expired(code), .rejected], .success(Self.keys("OLD")), .success(Self.keys("NEW")))
    let sent = try await calls.send()
    #expect(sent.response != nil)
    #expect(sent.attempts.map(\.code) == [code, nil])
    #expect(sent.accessKeyID == "NEW")
    #expect(keyIDs(calls) == ["OLD", "NEW"])
    #expect(calls.credentials.refused == [Self.keys("OLD")])
    #expect(calls.time.sleeps.isEmpty)
    #expect(calls.quota.remaining == 500)
  }

  @Test("The new ones refused too: that is the answer, and they aren't looked up a second time", arguments: [2, 3, 10])
  func refusedTwice(maxAttempts: Int) async throws {
    let calls = calls(
      [Self.expired()], .success(Self.keys("OLD")), .success(Self.keys("NEW")), .success(Self.keys("NEWER")),
      maxAttempts: maxAttempts)
    let sent = try await calls.send()
    #expect(sent.error?.code == "ExpiredTokenException")
    #expect(keyIDs(calls) == ["OLD", "NEW"])
    #expect(calls.credentials.refused == [Self.keys("OLD")])
  }

  @Test("The same ones again are not sent again")
  func unchanged() async throws {
    let calls = calls([Self.expired(), .rejected], .success(Self.keys("OLD")), .success(Self.keys("OLD")))
    #expect(try await calls.send().error?.code == "ExpiredTokenException")
    #expect(keyIDs(calls) == ["OLD"])
  }

  @Test("No new ones: what AWS said is the answer")
  func gone() async throws {
    let calls = calls(
      [Self.expired(), .rejected], .success(Self.keys("OLD")), .failure(CredentialsUnavailable("none left")))
    let sent = try await calls.send()
    #expect(sent.error?.code == "ExpiredTokenException")
    #expect(sent.accessKeyID == "OLD")
    #expect(keyIDs(calls) == ["OLD"])
  }

  @Test("Credentials that are gone between two attempts leave what AWS said")
  func goneBetween() async throws {
    let credentials = FakeCredentials(
      .success(Self.keys("OLD")), .failure(CredentialsUnavailable("none left")))
    var calls = Calls(FakeTransport([.error("InternalException", 500), .rejected]))
    calls.credentials = credentials
    calls.maxAttempts = 3
    let sender = try calls.sender { _ in await credentials.refused(Self.keys("OLD")) }
    let id = try #require(ConnectionID(Sample.connectionID))
    let sent = await sender.send(.reject(id), deadline: calls.deadline)
    #expect(sent.error?.code == "InternalException")
    #expect(sent.attempts.count == 1)
  }

  @Test("The attempt with the new ones counts, and may be retried for other reasons")
  func withinTheBound() async throws {
    let answers = [Self.expired(), .error("InternalException", 500), .rejected]
    let all = calls(answers, .success(Self.keys("OLD")), .success(Self.keys("NEW")))
    #expect(try await all.send().attempts.count == 3)
    // The second retry of the call, but its first delay.
    #expect(all.time.sleeps == [.milliseconds(100)])
    #expect(all.quota.remaining == 500)
    let two = calls(answers, .success(Self.keys("OLD")), .success(Self.keys("NEW")), maxAttempts: 2)
    #expect(try await two.send().error?.code == "InternalException")
    #expect(keyIDs(two) == ["OLD", "NEW"])
  }

  @Test("An expired token and then a wrong clock are both put right")
  func bothPutRight() async throws {
    let skewed = FakeTransport.Answer.error(
      "SignatureDoesNotMatch", 403, fields: [.date: "Thu, 01 Jan 1970 01:00:00 GMT"])
    let calls = calls([Self.expired(), skewed, .rejected], .success(Self.keys("OLD")), .success(Self.keys("NEW")))
    #expect(try await calls.send().attempts.count == 3)
    #expect(
      calls.transport.sent.map { $0.field("x-amz-date") }
        == ["19700101T000000Z", "19700101T000000Z", "19700101T010000Z"])
  }

  @Test("Credentials that come after the deadline sign nothing")
  func late() async throws {
    let loop = VirtualLoop()
    let asked = Recorder<String>()
    let transport = VirtualTransport(loop) { request in
      asked.append(request.method)
      return VirtualTransport.Reply(.rejected)
    }
    let sender = try APISender(transport, loop, credentials: SlowCredentials(loop, .seconds(20)))
    let id = try #require(ConnectionID(Sample.connectionID))
    let sent = try loop.run { await sender.send(.reject(id), deadline: loop.start + .seconds(15)) }
    #expect(sent.attempts.isEmpty)
    #expect(asked.all.isEmpty)
    if case .noCredentials = sent.ending {} else { Issue.record("\(sent.ending)") }
  }
}
