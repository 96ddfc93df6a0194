package import AWSCredentials
package import AWSSettings
package import Clocks
package import GatewayCore

/// Amazon OpenSearch Service's control plane, as far as inbound connections go.
package struct OpenSearchClient: RejectionService, LookUpService {
  /// Of the time that a reject may take, so much is kept back for looking up what became of it: a fifth, and no more
  /// than this.
  private static let longestReserve = Duration.seconds(3)
  /// When to look up what became of a reject: look-ups lag, so one that shows nothing is no proof.
  private static let lookUpDelays: [Duration] = [.zero, .milliseconds(200), .milliseconds(400), .milliseconds(800)]

  /// How many pages are looked through for one connection: more than an account can have.
  private static let pageLimit = 50

  private let region: Region
  private let sender: APISender
  private let clock: MonotonicClock
  private let retrying: Retrying

  package init(
    region: Region, endpoint: Endpoint, userAgent: String, credentials: any CredentialsProvider,
    transport: any HTTPTransport, skewClock: SkewClock, clock: MonotonicClock, retrying: Retrying
  ) {
    self.region = region
    self.clock = clock
    self.retrying = retrying
    sender = APISender(
      region: region, endpoint: endpoint, userAgent: userAgent, credentials: credentials, transport: transport,
      skewClock: skewClock, clock: clock, retrying: retrying)
  }

  package func reject(
    _ connectionID: ConnectionID, under receipt: borrowing IntentReceipt, deadline: MonotonicClock.Instant
  ) async -> RejectionReport {
    let permit = receipt.lookUpPermit
    let reserve = min((deadline - clock.now()) / 5, Self.longestReserve)
    var sent = await sender.send(.reject(connectionID), deadline: deadline - reserve)
    if case .success(let response) = sent.ending {
      if let connection = ConnectionAnswer.connection(in: response.body), connection.id == connectionID.description {
        return report(.accepted(connection), sent)
      }
      sent.lastWasNotUnderstood()
    }
    if sent.attempts.contains(where: \.isAmbiguous) {
      return await settleAmbiguous(sent, connectionID, permit, deadline)
    }
    if case .error(let answer) = sent.ending, AWSErrorClass(code: answer.code) == .validation {
      return await settleValidation(sent, connectionID, permit, deadline)
    }
    return report(Self.verdict(of: sent), sent)
  }

  package func lookUp(
    _ query: ConnectionQuery, permit: LookUpPermit, deadline: MonotonicClock.Instant
  ) async -> LookUpReport {
    guard let id = query.connectionID else { return await describe(query, deadline) }
    var query = query
    var attempts: [Attempt] = []
    var accessKeyID: String?
    for _ in 0..<Self.pageLimit {
      let report = await describe(query, deadline)
      if report.verdict == .tooLate, !attempts.isEmpty {
        // A page before went over the wire: it is AWS that took the time, and not the audit.
        return UpstreamReport(
          verdict: .timedOut, answer: AWSAnswer(attempts: attempts.count), attempts: attempts,
          accessKeyID: accessKeyID, region: region.name, cause: "the deadline was over between two pages")
      }
      attempts += report.attempts
      accessKeyID = report.accessKeyID ?? accessKeyID
      guard case .accepted(let page) = report.verdict, let token = page.nextToken,
        !page.connections.contains(where: { $0.id == id.description })
      else { return report.with(attempts) }
      query = query.page(after: token)
    }
    return UpstreamReport(
      verdict: .notUnderstood, answer: AWSAnswer(attempts: attempts.count), attempts: attempts,
      accessKeyID: accessKeyID, region: region.name, cause: "AWS's list has no end")
  }

  /// Looks up one connection, whichever, to see whether that works. For `doctor`, which no caller stands behind.
  package func probe(deadline: MonotonicClock.Instant) async -> LookUpReport {
    await describe(ConnectionQuery(filters: [], maxResults: 1), deadline)
  }

  private func describe(_ query: ConnectionQuery, _ deadline: MonotonicClock.Instant) async -> LookUpReport {
    var sent = await sender.send(.describe(query), deadline: deadline)
    if case .success(let response) = sent.ending {
      if let page = ConnectionAnswer.page(in: response.body) { return report(.accepted(page), sent) }
      sent.lastWasNotUnderstood()
    }
    return report(Self.verdict(of: sent), sent)
  }

  /// A reject may have reached AWS: only a look-up that shows it can say so. A later attempt's error can't, since it may
  /// be the first one's success that it complains of.
  private func settleAmbiguous(
    _ sent: SentCall, _ connectionID: ConnectionID, _ permit: LookUpPermit, _ deadline: MonotonicClock.Instant
  ) async -> RejectionReport {
    var sent = sent
    var seen: Connection?
    for delay in Self.lookUpDelays {
      guard delay < deadline - clock.now() else { break }
      if delay > .zero { await retrying.sleep(delay) }
      let lookedUp = await lookUp(ConnectionQuery(connectionID), permit: permit, deadline: deadline)
      sent.attempts += lookedUp.attempts
      guard case .accepted(let page) = lookedUp.verdict else {
        if Self.mayWorkLater(lookedUp) { continue } else { break }
      }
      guard let connection = page.connections.first(where: { $0.id == connectionID.description }) else { continue }
      seen = connection
      if connection.isRejected { return report(.confirmed(connection), sent, connection: connection) }
    }
    let gotNoAnswer = sent.attempts.contains { $0.operation == .reject && $0.ending == .noAnswer }
    // Not `refused` for the last error's sake: it doesn't tell what became of the attempts before it.
    return report(gotNoAnswer ? .timedOut : .notUnderstood, sent, connection: seen)
  }

  /// Whether a look-up that failed is worth another one: not if AWS doesn't permit it, or asks for fewer calls.
  private static func mayWorkLater(_ report: LookUpReport) -> Bool {
    switch report.verdict {
    case .refused: AWSErrorClass(code: report.answer.code) == .other
    case .notUnderstood, .unreachable, .timedOut: true
    case .accepted, .confirmed, .settled, .noCredentials, .tooLate: false
    }
  }

  /// AWS calls the request invalid, which it also does where it means "not this one": a look-up tells.
  private func settleValidation(
    _ sent: SentCall, _ connectionID: ConnectionID, _ permit: LookUpPermit, _ deadline: MonotonicClock.Instant
  ) async -> RejectionReport {
    var sent = sent
    let lookedUp = await lookUp(ConnectionQuery(connectionID), permit: permit, deadline: deadline)
    sent.attempts += lookedUp.attempts
    guard case .accepted(let page) = lookedUp.verdict else { return report(.refused, sent) }
    guard let connection = page.connections.first(where: { $0.id == connectionID.description }) else {
      return report(.settled(.notFound), sent)
    }
    // It isn't the state that AWS minds, then.
    guard !connection.awaitsAcceptance else { return report(.refused, sent, connection: connection) }
    return report(.settled(.notRejectable), sent, connection: connection)
  }

  private static func verdict<Success>(of sent: SentCall) -> UpstreamReport<Success>.Verdict {
    switch sent.ending {
    case .success: .notUnderstood
    case .error: .refused
    case .noAnswer(let failure):
      switch failure {
      case .notSent, .unknownHost: .unreachable
      case .timedOut, .broken: .timedOut
      }
    case .noCredentials: .noCredentials
    case .tooLate: .tooLate
    }
  }

  private func report<Success>(
    _ verdict: UpstreamReport<Success>.Verdict, _ sent: SentCall, connection: Connection? = nil
  ) -> UpstreamReport<Success> {
    UpstreamReport(
      verdict: verdict, answer: sent.answer, attempts: sent.attempts, connection: connection,
      accessKeyID: sent.accessKeyID, region: region.name, cause: sent.cause)
  }
}
