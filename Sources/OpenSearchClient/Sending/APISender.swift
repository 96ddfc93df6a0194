import AWSCredentials
import AWSSettings
import Clocks
import GatewayCore
import HTTPTypes
import SigV4

/// Signs a call and sends it, again and again where that may help, until the deadline at the latest.
///
/// Each attempt is one request on the wire, with a signature of its own.
struct APISender: Sendable {
  /// The service's name in signatures.
  private static let signingName = "es"

  let endpoint: Endpoint
  /// The endpoint's scheme and host, as a URL.
  private let origin: String
  let userAgent: String
  let credentials: any CredentialsProvider
  let transport: any HTTPTransport
  let signer: Signer
  let skewClock: SkewClock
  let clock: MonotonicClock
  let retrying: Retrying

  init(
    region: Region, endpoint: Endpoint, userAgent: String, credentials: any CredentialsProvider,
    transport: any HTTPTransport, skewClock: SkewClock, clock: MonotonicClock, retrying: Retrying
  ) {
    self.endpoint = endpoint
    self.origin = "\(endpoint.scheme)://\(endpoint.host)"
    self.userAgent = userAgent
    self.credentials = credentials
    self.transport = transport
    self.signer = Signer(region: region.name, service: Self.signingName)
    self.skewClock = skewClock
    self.clock = clock
    self.retrying = retrying
  }

  /// Sends the call.
  func send(_ call: APICall, deadline: MonotonicClock.Instant) async -> SentCall {
    var sent = SentCall()
    var plan = RetryPlan(retrying: retrying)
    while clock.now() < deadline {
      let credentials: SigningCredentials
      do {
        credentials = try await self.credentials.credentials(deadline: deadline)
      } catch {
        // After an attempt that failed for it, what AWS said says more.
        if sent.attempts.isEmpty { sent.ending = .noCredentials(error.reason) }
        return sent
      }
      guard clock.now() < deadline else {
        if sent.attempts.isEmpty { sent.ending = .noCredentials("the credentials came after the call's deadline") }
        return sent
      }
      let failure = await attempt(call, credentials, deadline: deadline, &sent)
      guard let failure else {
        plan.succeeded()
        return sent
      }
      guard let delay = await retryDelay(after: failure, credentials, &plan, deadline: deadline) else { return sent }
      if delay > .zero { await retrying.sleep(delay) }
    }
    return sent
  }

  /// What a retry needs to know of an attempt that failed.
  private struct Failure {
    let kind: FailureKind
    let retryAfter: String?
    /// Whether the clock was found to differ, and corrected.
    let correctedClock: Bool
  }

  /// One attempt; `nil` if it succeeded.
  private func attempt(
    _ call: APICall, _ credentials: SigningCredentials, deadline: MonotonicClock.Instant, _ sent: inout SentCall
  ) async -> Failure? {
    let sentAt = skewClock.localTime()
    let offset = skewClock.offset
    sent.accessKeyID = credentials.accessKeyID
    let response: UpstreamResponse
    do {
      response = try await transport.send(
        signed(call, credentials, at: sentAt.advanced(by: offset)), deadline: deadline)
    } catch {
      // What AWS answered to an attempt before says more than that this one couldn't be made; and it isn't true any more
      // that nothing was sent.
      if error.wasSent || !sent.isAnswered { sent.ending = .noAnswer(error) }
      sent.attempts.append(Attempt(operation: call.operation, ending: error.wasSent ? .noAnswer : .notSent))
      return Failure(kind: FailureKind(error), retryAfter: nil, correctedClock: false)
    }
    let shown = skewClock.note(date: response.fields.first(.date), sent: sentAt, received: skewClock.localTime())
    guard !(200..<300).contains(response.status) else {
      sent.ending = .success(response)
      sent.attempts.append(
        Attempt(
          operation: call.operation, ending: .answered, requestID: AWSErrorParser.requestID(of: response),
          httpStatus: response.status))
      return nil
    }
    let answer = AWSErrorParser.answer(from: response, attempts: sent.attempts.count + 1) {
      Self.withoutSecrets($0, credentials)
    }
    sent.ending = .error(answer)
    sent.attempts.append(
      Attempt(
        operation: call.operation, ending: .answered, code: answer.code, requestID: answer.requestID,
        httpStatus: response.status))
    let kind = FailureKind(code: answer.code, status: response.status)
    return Failure(
      kind: kind, retryAfter: response.fields.first(.amzRetryAfter),
      correctedClock: kind == .clockSkew && skewClock.correct(to: shown, signedWith: offset))
  }

  /// How long to wait before the next attempt; `nil` if there is to be none.
  private func retryDelay(
    after failure: Failure, _ credentials: SigningCredentials, _ plan: inout RetryPlan,
    deadline: MonotonicClock.Instant
  ) async -> Duration? {
    switch failure.kind {
    case .credentials:
      guard plan.refreshCredentials() else { return nil }
      await self.credentials.refused(credentials)
      // Who has no attempt left doesn't wait for them.
      guard let delay = plan.retryAtOnce(),
        let fresh = try? await self.credentials.credentials(deadline: deadline), fresh != credentials
      else { return nil }
      return delay
    case .clockSkew: return failure.correctedClock ? plan.retryAtOnce() : nil
    case .transient, .throttled:
      return plan.delay(
        isThrottled: failure.kind == .throttled, retryAfter: failure.retryAfter, remaining: deadline - clock.now())
    case .final: return nil
    }
  }

  private func signed(_ call: APICall, _ credentials: SigningCredentials, at time: Timestamp) -> UpstreamRequest {
    let path = endpoint.basePath + call.path
    let signature = signer.sign(
      method: call.method, host: endpoint.host, path: path, body: call.body, credentials: credentials,
      time: time)
    var fields = [(name: "Host", value: endpoint.host), (name: "User-Agent", value: userAgent)]
    fields.reserveCapacity(fields.count + 1 + signature.count)
    if let contentType = call.contentType { fields.append((name: "Content-Type", value: contentType)) }
    fields += signature
    return UpstreamRequest(method: call.method, url: origin, target: path, fields: fields, body: call.body)
  }

  /// When a signature doesn't match, AWS quotes the request it saw, session token and all.
  private static func withoutSecrets(_ message: String, _ credentials: SigningCredentials) -> String {
    let secrets = [credentials.sessionToken?.exposed, credentials.secretAccessKey.exposed, credentials.accessKeyID]
    return Redaction.hide(secrets.compactMap { $0 }, in: message)
  }
}

extension TransportFailure {
  /// Whether the request may have left.
  var wasSent: Bool {
    switch self {
    case .notSent, .unknownHost: false
    case .timedOut, .broken: true
    }
  }
}

extension HTTPField.Name {
  fileprivate static let amzRetryAfter = known("x-amz-retry-after")
}
