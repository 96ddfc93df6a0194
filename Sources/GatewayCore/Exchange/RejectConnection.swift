import Clocks
import HTTPTypes

/// `POST /connections/{id}/reject`, from the checked call to the answer.
package struct RejectConnection: Sendable {
  private let exchange: AuditedExchange
  private let upstream: any RejectionService
  private let inFlight: InFlight
  private let waiter: RejectionWaiter

  package init(
    exchange: AuditedExchange, upstream: any RejectionService, inFlight: InFlight, waiter: RejectionWaiter
  ) {
    self.exchange = exchange
    self.upstream = upstream
    self.inFlight = inFlight
    self.waiter = waiter
  }

  /// The whole path of a call: intent on disk, AWS, translation, outcome on disk, answer.
  ///
  /// - Throws: `overloaded`, or `audit_unavailable` when the intent can't be written; from there on every ending is a
  ///   response.
  package func respond(to call: RejectCall, wait: Duration) async throws(Problem) -> Response {
    let started = exchange.clock.now()
    let (response, report, permit) = try await reject(call, started: started)
    guard wait > .zero, response.status == .ok, let connection = report.rejectedConnection else { return response }
    let last = await waiter.wait(for: call.id, since: connection, permit: permit, until: started + wait) {
      exchange.observer.lookUpAnswered($0, to: call.request.id)
    }
    return .json(Self.body(last, report, requestID: call.request.id))
  }

  /// All but the wait, which keeps no place: between its look-ups nothing is under way.
  private func reject(
    _ call: RejectCall, started: MonotonicClock.Instant
  ) async throws(Problem) -> (Response, RejectionReport, LookUpPermit) {
    try inFlight.enter(call.id)
    defer { inFlight.leave(call.id) }
    let receipt = try await exchange.begin(call, started: started)
    let permit = receipt.lookUpPermit
    let (report, sharedWith) = await inFlight.reject(call.id, by: call.request.id) {
      await upstream.reject(call.id, under: receipt, deadline: started + exchange.timeout)
    }
    if sharedWith == nil { exchange.observer.rejectAnswered(report, to: call.request.id) }
    let answer = Self.answer(report, sharedWith: sharedWith, to: call.request.id)
    return (await exchange.end(receipt, answer, requestID: call.request.id), report, permit)
  }

  private static func answer(
    _ report: RejectionReport, sharedWith: RequestID?, to requestID: RequestID
  ) -> ExchangeAnswer {
    do {
      let connection = try RejectionTranslation.connection(from: report)
      return ExchangeAnswer(
        body(connection, report, requestID: requestID), outcome: .rejected, report: report, sharedWith: sharedWith)
    } catch {
      return ExchangeAnswer(error, requestID: requestID, report: report, sharedWith: sharedWith)
    }
  }

  private static func body(_ connection: Connection, _ report: RejectionReport, requestID: RequestID) -> JSON {
    .object([
      ("connection", connection.json),
      ("requestId", .string(requestID.description)),
      ("awsRequestId", report.answer.requestID.map(JSON.string)),
      ("attempts", .integer(Int64(report.answer.attempts))),
    ])
  }
}
