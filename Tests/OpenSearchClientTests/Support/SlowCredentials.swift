import AWSCredentials
import Clocks
import SigV4

/// Takes its time.
struct SlowCredentials: CredentialsProvider {
  private let loop: VirtualLoop
  private let latency: Duration

  init(_ loop: VirtualLoop, _ latency: Duration) {
    self.loop = loop
    self.latency = latency
  }

  func credentials(deadline: MonotonicClock.Instant?) async throws(CredentialsUnavailable) -> SigningCredentials {
    await loop.sleep(latency)
    return Sample.credentials
  }

  func refused(_ credentials: SigningCredentials) async {}
}
