import AWSCredentials
import SigV4
import Synchronization

/// Gives the credentials it is told to, or an error, and counts how often it was asked.
final class FakeCredentials: CredentialsProvider {
  private let result: Result<SigningCredentials, CredentialsUnavailable>
  private let count = Atomic(0)

  init(_ result: Result<SigningCredentials, CredentialsUnavailable>) {
    self.result = result
  }

  func credentials() async throws(CredentialsUnavailable) -> SigningCredentials {
    count.add(1, ordering: .relaxed)
    return try result.get()
  }

  var timesAsked: Int {
    count.load(ordering: .relaxed)
  }
}
