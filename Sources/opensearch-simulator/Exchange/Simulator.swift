import Clocks
import GatewayCore
import HTTPListener
import HTTPTypes

/// The service: from a request to its answer.
final class Simulator: Sendable {
  /// The largest body that is read, in bytes.
  static let bodyLimit = 64 * 1024

  private let state: SimulatorState
  private let service: Service
  private let control: ControlPlane
  private let signatures: SignatureCheck
  /// What the connections go through; `nil` with TLS.
  private let relay: Relay?
  private let log: EventLog

  init(state: SimulatorState, region: String, relay: Relay?, log: EventLog) {
    self.state = state
    service = Service(connections: state.connections)
    control = ControlPlane(state: state)
    signatures = SignatureCheck(credentials: state.credentials, region: region, clock: state.clock)
    self.relay = relay
    self.log = log
  }

  /// Decides what becomes of a request, writes that down, and only then answers.
  func answer(to request: Request) async -> Answer {
    let time = WallClock.system.now()
    let connection = relay?.connection(from: request.client.peer)
    if let response = control.response(to: request, peer: connection?.peer ?? request.client.peer) {
      log.write(
        .control(time: time, method: request.method, path: request.target.path, status: response.status.code))
      return .response(response)
    }
    let event = event(for: request, at: time)
    log.write(.request(event))
    let ending = event.ending
    if let delay = ending.delay(isRelayed: relay != nil) { try? await Task.sleep(for: delay) }
    if ending.tampering.isNeeded { connection?.tamper(ending.tampering) }
    return ending.answer
  }

  /// Does what there is to be done, which is what the log says.
  private func event(for request: Request, at time: Timestamp) -> RequestEvent {
    let inspection = Inspection(of: request, by: signatures)
    let fault = state.faults.take(for: inspection)
    let settings = state.settings.current
    if let id = inspection.acceptedReject { state.connections.sawReject(of: id) }
    let isReject = inspection.acceptedOperation?.name == .reject
    let injection = FaultInjection(fault: fault, isReject: isReject, requestID: AWSRequestID.make())
    var isApplied = false
    let ending = injection.ending { applies in
      let reply = reply(to: inspection, settings: settings, lag: fault?.kind.lag, applies: applies)
      isApplied = isReject && applies && reply.code == nil
      return reply
    }
    let date = fault?.kind.date ?? settings.date ?? (settings.clockOffset == 0 ? nil : .offset(0))
    return RequestEvent(
      time: time, request: request, inspection: inspection, fault: fault?.kind,
      ending: ending.with(date?.edits(at: state.clock.now()) ?? HeaderEdits()), applied: isReject ? isApplied : nil)
  }

  /// What a request gets that meets no fault. Where there is no operation, a signature doesn't matter.
  private func reply(to inspection: Inspection, settings: Settings, lag: Lag?, applies: Bool) -> Reply {
    if let refusal = inspection.refusal, refusal.isAboutMessage {
      return Reply(refusal.error, closesConnection: true)
    }
    guard let operation = inspection.operation else { return Reply(.unknownOperation) }
    if let refusal = inspection.refusal { return Reply(refusal.error) }
    do throws(AWSError) {
      return Reply(
        try service.perform(operation, body: inspection.body, settings: settings, lag: lag, applies: applies))
    } catch {
      return Reply(error)
    }
  }
}
