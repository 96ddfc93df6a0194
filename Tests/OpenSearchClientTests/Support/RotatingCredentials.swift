import AWSCredentials
import Clocks
import SigV4
import Synchronization

/// Key after key: each refusal of the one in use brings what `behaviour` says.
final class RotatingCredentials: CredentialsProvider {
  enum Behaviour: Sendable, CaseIterable {
    /// The next key.
    case rotates
    /// The same one.
    case stays
    /// None any more.
    case ends
  }

  /// The key in use: 1 is `KEY-1`; `nil` if there is none.
  private let number = Mutex<Int?>(1)
  private let behaviour: Behaviour

  init(_ behaviour: Behaviour) {
    self.behaviour = behaviour
  }

  static func name(_ number: Int) -> String {
    "KEY-\(number)"
  }

  func credentials(deadline: MonotonicClock.Instant?) async throws(CredentialsUnavailable) -> SigningCredentials {
    guard let number = number.withLock({ $0 }) else { throw CredentialsUnavailable("there are none") }
    return Self.keys(number)
  }

  func refused(_ credentials: SigningCredentials) async {
    number.withLock { number in
      guard let current = number, credentials == Self.keys(current) else { return }
      switch behaviour {
      case .rotates: number = current + 1
      case .stays: break
      case .ends: number = nil
      }
    }
  }

  private static func keys(_ number: Int) -> SigningCredentials {
    SigningCredentials(accessKeyID: name(number), secretAccessKey: Secret("a secret"))
  }
}
