import Clocks
import GatewayCore
import HTTPListener
import HTTPTypes

/// The service: from a request to its answer.
final class Simulator: Sendable {
  /// The largest body that is read, in bytes.
  static let bodyLimit = 64 * 1024

  private let connections: ConnectionStore
  private let faults: FaultQueue
  private let control: ControlPlane
  private let signatures: SignatureCheck
  private let clock: WallClock
  private let log: EventLog

  init(seed: SeedFile.Content, signatures: SignatureCheck, clock: WallClock, log: EventLog) {
    connections = ConnectionStore(seed.connections)
    faults = FaultQueue(seed.faults)
    control = ControlPlane(connections: connections, faults: faults)
    self.signatures = signatures
    self.clock = clock
    self.log = log
  }

  /// Decides what becomes of a request, writes that down, and only then answers.
  func answer(to request: Request) async -> Answer {
    let time = clock.now()
    if let response = control.response(to: request) {
      log.write(
        .control(time: time, method: request.method, path: request.target.path, status: response.status.code))
      return .response(response)
    }
    let inspection = Inspection(of: request, by: signatures)
    let fault = inspection.acceptedOperation.flatMap(faults.take)
    let ending = FaultInjection.ending(fault, requestID: AWSRequestID.make()) { reply(to: inspection) }
    log.write(
      .request(RequestEvent(time: time, request: request, inspection: inspection, fault: fault, ending: ending)))
    if let delay = ending.delay { try? await Task.sleep(for: delay) }
    return ending.answer
  }

  /// What a request gets that meets no fault. Where there is no operation, a signature doesn't matter.
  private func reply(to inspection: Inspection) -> Reply {
    if let refusal = inspection.refusal, refusal.isAboutMessage {
      return Reply(refusal.error, closesConnection: true)
    }
    guard let operation = inspection.operation else { return Reply(.unknownOperation) }
    if let refusal = inspection.refusal { return Reply(refusal.error) }
    do throws(AWSError) {
      return Reply(try perform(operation, body: inspection.body))
    } catch {
      return Reply(error)
    }
  }

  private func perform(_ operation: Operation, body: [UInt8]) throws(AWSError) -> JSON {
    switch operation {
    case .reject(let text):
      // AWS's model has the pattern without anchors; no id is known to be taken that doesn't fit from end to end.
      guard let id = ConnectionID(text) else {
        throw .validation(
          "'\(text)' at 'connectionId'",
          "Member must have length from 10 to 256 and satisfy regular expression pattern: [a-z][a-z0-9\\-]+")
      }
      return .object([("Connection", try connections.reject(id).json)])
    case .describe:
      return try connections.search(SearchRequest(body: body)).json
    }
  }
}
