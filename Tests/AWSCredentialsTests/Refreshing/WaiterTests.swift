import Testing

@testable import AWSCredentials

struct WaiterTests {
  @Test("A result that comes before anyone waits is kept")
  func early() async throws {
    let waiter = Waiter()
    waiter.fulfil(.success(keys("EARLY")))
    #expect(try await waiter.result().get() == keys("EARLY"))
  }

  @Test("The first result counts")
  func twice() async throws {
    let waiter = Waiter()
    waiter.fulfil(.success(keys("FIRST")))
    waiter.fulfil(.failure(CredentialsUnavailable("second")))
    #expect(try await waiter.result().get() == keys("FIRST"))
  }

  @Test("A caller that is cancelled is let go, even if no result ever comes")
  func cancelled() async {
    let waiter = Waiter()
    let caller = Task { await waiter.result() }
    caller.cancel()
    let result = await caller.value
    #expect(throws: CredentialsUnavailable.self) { try result.get() }
    waiter.fulfil(.success(keys("LATE")))
  }
}
