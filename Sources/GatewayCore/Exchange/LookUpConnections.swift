import Clocks
import HTTPTypes

/// The calls that look and change nothing: `GET /connections`, `GET /connections/{id}`, and a reject with `?dryRun=true`.
package struct LookUpConnections: Sendable {
  /// How many pages of AWS one page of ours may take, when most of them are filtered away.
  private static let pageLimit = 10

  private let exchange: AuditedExchange
  private let lookUps: any LookUpService
  private let inFlight: InFlight

  package init(exchange: AuditedExchange, lookUps: any LookUpService, inFlight: InFlight) {
    self.exchange = exchange
    self.lookUps = lookUps
    self.inFlight = inFlight
  }

  /// One connection.
  ///
  /// - Throws: `overloaded` or `audit_unavailable`; from there on every ending is a response.
  package func respond(to call: GetCall) async throws(Problem) -> Response {
    try await respond(to: call) { permit, deadline in
      await one(call.id, call.request.id, permit, deadline) { connection, report in
        .object([
          ("connection", connection.json),
          ("requestId", .string(call.request.id.description)),
          ("awsRequestId", report.answer.requestID.map(JSON.string)),
        ])
      }
    }
  }

  /// What would happen to a reject.
  ///
  /// - Throws: `overloaded` or `audit_unavailable`; from there on every ending is a response.
  package func respond(toDryRun call: RejectCall) async throws(Problem) -> Response {
    try await respond(to: call) { permit, deadline in
      await one(call.id, call.request.id, permit, deadline) { connection, report in
        let expected: ProblemCode? = connection.awaitsAcceptance ? nil : .connectionNotRejectable
        return .object([
          ("dryRun", .bool(true)),
          (
            "expected",
            .object([
              ("status", .integer(Int64(expected?.status.code ?? 200))),
              ("code", expected.map { .string($0.rawValue) }),
            ])
          ),
          ("connection", connection.json),
          ("requestId", .string(call.request.id.description)),
          ("awsRequestId", report.answer.requestID.map(JSON.string)),
        ])
      }
    }
  }

  /// A page of connections.
  ///
  /// - Throws: `overloaded` or `audit_unavailable`; from there on every ending is a response.
  package func respond(to call: ListCall) async throws(Problem) -> Response {
    try await respond(to: call) { permit, deadline in await page(call, permit, deadline) }
  }

  private func respond(
    to call: some AuditedCall,
    _ lookUp: (LookUpPermit, MonotonicClock.Instant) async -> ExchangeAnswer
  ) async throws(Problem) -> Response {
    let started = exchange.clock.now()
    try inFlight.enterRead()
    defer { inFlight.leaveRead() }
    let receipt = try await exchange.begin(call, started: started)
    let answer = await lookUp(receipt.lookUpPermit, started + exchange.timeout)
    return await exchange.end(receipt, answer, requestID: call.request.id)
  }

  private func one(
    _ id: ConnectionID, _ requestID: RequestID, _ permit: LookUpPermit, _ deadline: MonotonicClock.Instant,
    body: (Connection, LookUpReport) -> JSON
  ) async -> ExchangeAnswer {
    let report = await lookUps.lookUp(ConnectionQuery(id), permit: permit, deadline: deadline)
    exchange.observer.lookUpAnswered(report, to: requestID)
    do {
      let connection = try LookUpTranslation.connection(id, from: report)
      return ExchangeAnswer(body(connection, report), outcome: .notRejected, report: report)
    } catch {
      return ExchangeAnswer(error, requestID: requestID, report: report)
    }
  }

  /// Asks AWS for no more than still fits, so that a page of AWS is always taken whole: its token then is where the next
  /// page of ours begins, and nothing is skipped or repeated.
  private func page(
    _ call: ListCall, _ permit: LookUpPermit, _ deadline: MonotonicClock.Instant
  ) async -> ExchangeAnswer {
    var found: [Connection] = []
    var nextToken = call.nextToken
    var pages = 0
    var attempts: [Attempt] = []
    var report: LookUpReport
    repeat {
      let query = ConnectionQuery(filters: call.filters, maxResults: call.limit - found.count, nextToken: nextToken)
      report = await lookUps.lookUp(query, permit: permit, deadline: deadline)
      exchange.observer.lookUpAnswered(report, to: call.request.id)
      attempts += report.attempts
      report = report.with(attempts)
      do {
        let page = try LookUpTranslation.page(from: report)
        found += page.connections.filter(call.shows)
        nextToken = page.nextToken
      } catch {
        return ExchangeAnswer(error, requestID: call.request.id, report: report)
      }
      pages += 1
      // Out of time, what there is is given: the next call goes on from there.
    } while nextToken != nil && found.count < call.limit && pages < Self.pageLimit && exchange.clock.now() < deadline
    let body = JSON.object([
      ("connections", .array(found.map(\.json))),
      ("nextCursor", nextToken.map { .string(call.cursor(after: $0).text) }),
    ])
    return ExchangeAnswer(body, outcome: .notRejected, report: report)
  }
}
