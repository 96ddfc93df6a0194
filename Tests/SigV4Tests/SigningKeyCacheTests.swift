import Clocks
import SigV4
import Testing

@Suite("SigningKeyCache")
struct SigningKeyCacheTests {
  private let cache = SigningKeyCache()

  @Test("A day's key is derived once")
  func sameDay() {
    let morning = cache.key(for: Example.credentials, scope: scope(Example.time))
    let evening = cache.key(for: Example.credentials, scope: scope(lastSecond))
    #expect(isSameDerivation(morning, evening))
  }

  @Test("At midnight UTC the key is a new one")
  func newDay() {
    let before = cache.key(for: Example.credentials, scope: scope(lastSecond))
    let after = cache.key(for: Example.credentials, scope: scope(midnight))
    #expect(!isSameDerivation(before, after))
    #expect(signature(after, midnight) == freshSignature(Example.secret, midnight))
  }

  @Test("A new secret has a new key, even under the same access key id")
  func newSecret() {
    let renewed = SigningCredentials(accessKeyID: Example.accessKeyID, secretAccessKey: Secret("renewed"))
    let old = cache.key(for: Example.credentials, scope: scope(Example.time))
    let new = cache.key(for: renewed, scope: scope(Example.time))
    #expect(!isSameDerivation(old, new))
    #expect(signature(new, Example.time) == freshSignature("renewed", Example.time))
  }

  @Test("Another region or service has another key")
  func otherScope() {
    let one = cache.key(
      for: Example.credentials, scope: SigningScope(time: midnight, region: "eu-west-1", service: "es"))
    let two = cache.key(
      for: Example.credentials, scope: SigningScope(time: midnight, region: "eu-west-2", service: "es"))
    let three = cache.key(
      for: Example.credentials, scope: SigningScope(time: midnight, region: "eu-west-2", service: "s3"))
    #expect(!isSameDerivation(one, two))
    #expect(!isSameDerivation(two, three))
  }

  @Test("A new session token under the same secret goes on with the key: it takes no part in it")
  func newSessionToken() {
    let renewed = SigningCredentials(
      accessKeyID: Example.accessKeyID, secretAccessKey: Secret(Example.secret), sessionToken: Secret("token"))
    let old = cache.key(for: Example.credentials, scope: scope(Example.time))
    #expect(isSameDerivation(old, cache.key(for: renewed, scope: scope(Example.time))))
  }

  /// 2015-08-30T23:59:59.999999Z and the microsecond after it.
  private let lastSecond = Timestamp(microseconds: 1_440_979_199_999_999)
  private let midnight = Timestamp(seconds: 1_440_979_200)

  private func scope(_ time: Timestamp) -> SigningScope {
    SigningScope(time: time, region: "us-east-1", service: "service")
  }

  private func signature(_ key: SigningKey, _ time: Timestamp) -> String {
    let request = CanonicalRequest(method: "GET", path: "/", headers: Example.headers, payloadHash: Example.emptyHash)
    return key.signature(of: StringToSign(date: time.iso8601Basic, scope: scope(time), canonicalRequest: request))
  }

  private func freshSignature(_ secret: String, _ time: Timestamp) -> String {
    signature(SigningKey(secretAccessKey: Secret(secret), scope: scope(time)), time)
  }

  /// Whether the two keys share one derivation's memory: a key is a single array, and both are alive here.
  private func isSameDerivation(_ left: SigningKey, _ right: SigningKey) -> Bool {
    withUnsafeBytes(of: left) { left in withUnsafeBytes(of: right) { right in left.elementsEqual(right) } }
  }
}
