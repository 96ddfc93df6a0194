import Testing

@testable import OpenSearchClient

@Suite("RetryQuota")
struct RetryQuotaTests {
  @Test("It has 500 tokens; a retry costs 14 and a throttled one 5")
  func amounts() {
    #expect(RetryQuota().remaining == 500)
    #expect(RetryQuota.retryCost == 14)
    #expect(RetryQuota.throttledRetryCost == 5)
    #expect(RetryQuota.firstTrySuccess == 1)
  }

  @Test("What can't be paid in full isn't paid in part")
  func noDebt() {
    let quota = RetryQuota()
    for _ in 0..<35 { #expect(quota.take(14)) }
    #expect(quota.remaining == 10)
    #expect(!quota.take(14))
    #expect(quota.remaining == 10)
    #expect(quota.take(5))
    #expect(quota.take(5))
    #expect(quota.remaining == 0)
    #expect(!quota.take(5))
    #expect(quota.remaining == 0)
  }

  @Test("It never holds more than 500")
  func capacity() {
    let quota = RetryQuota()
    quota.give(1)
    #expect(quota.remaining == 500)
    #expect(quota.take(5))
    quota.give(14)
    #expect(quota.remaining == 500)
  }

  @Test("Calls at the same time take together no more than there is, and what they give back is all there")
  func concurrent() async {
    let quota = RetryQuota()
    let taken = await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { (0..<100).count { _ in quota.take(14) } }
      }
      return await group.reduce(0, +)
    }
    #expect(taken == 35)
    #expect(quota.remaining == 10)
    await withTaskGroup { group in
      for _ in 0..<taken { group.addTask { quota.give(14) } }
    }
    #expect(quota.remaining == 500)
  }
}
