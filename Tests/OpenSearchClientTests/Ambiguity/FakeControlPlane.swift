import Clocks
import GatewayCore
import Synchronization
import TestSupport

/// AWS, as far as one connection goes, on a bad day: it does things and doesn't say so, says things late, shows old
/// states, and fails in between. It remembers what it really did.
final class FakeControlPlane: Sendable {
  private struct State {
    var random: SplitMix64
    /// The states that the connection went through, and since when; `nil` is none.
    var history: [(since: Duration, status: String?)]
    var tookReject = false
    var requests: [Attempt.Operation] = []
    /// One request in so many goes wrong.
    let rarity: Int
  }

  private let loop: VirtualLoop
  private let state: Mutex<State>

  init(_ loop: VirtualLoop, seed: UInt64) {
    self.loop = loop
    var random = SplitMix64(seed: seed)
    let status: String? = random.pick([
      (8, "PENDING_ACCEPTANCE"), (1, nil), (1, "ACTIVE"), (1, "REJECTED"), (1, "REJECTING"), (1, "DELETED"),
    ])
    let rarity = Int.random(in: 1...4, using: &random)
    state = Mutex(State(random: random, history: [(.zero, status)], rarity: rarity))
  }

  /// Whether a reject was carried out.
  var tookReject: Bool { state.withLock(\.tookReject) }
  /// Whether the connection is rejected, by whomever.
  var isRejected: Bool { state.withLock { Self.isRejected($0.history.last?.status) } }
  var requests: [Attempt.Operation] { state.withLock(\.requests) }

  func reply(to request: UpstreamRequest) -> VirtualTransport.Reply {
    state.withLock { state in
      state.requests.append(request.method == "PUT" ? .reject : .lookUp)
      let latency = state.random.milliseconds(state.random.isTrue(oneIn: 8) ? 300...8000 : 1...300)
      let answer = request.method == "PUT" ? reject(&state) : lookUp(&state)
      return answer.map { VirtualTransport.Reply($0, after: latency) } ?? .stalled
    }
  }

  /// `nil` is silence.
  private func reject(_ state: inout State) -> FakeTransport.Answer? {
    guard state.random.isTrue(oneIn: state.rarity) else { return carryOut(&state) }
    let isCarriedOut = state.random.isTrue(oneIn: 2)
    if isCarriedOut, state.random.isTrue(oneIn: 4) { return losesAnswer(carryOut(&state), &state) }
    if let failure = state.random.pick(Self.ambiguous) {
      if isCarriedOut { _ = carryOut(&state) }
      return failure
    }
    return state.random.isTrue(oneIn: 3) ? nil : state.random.pick(Self.plain)
  }

  /// What leaves open whether anything was done; `nil` is something else.
  private static let ambiguous: [(weight: Int, value: FakeTransport.Answer?)] = [
    (2, .failure(.broken("reset"))), (2, .error("InternalException", 500)), (1, .status(500, "{}")),
    (1, .status(502, "<html></html>")), (1, .status(503, "")), (1, .error("DependencyFailureException", 424)),
    (1, .status(200, "garbage")), (1, .status(200, #"{"Connection":{"ConnectionId":"another-one"}}"#)), (5, nil),
  ]

  /// What AWS says when it did nothing, and what the wire says when nothing was sent.
  private static let plain: [(weight: Int, value: FakeTransport.Answer)] = [
    (3, .error("ThrottlingException", 400)), (1, .error("AccessDeniedException", 403)),
    (3, .error("ValidationException", 400)), (1, .error("ExpiredTokenException", 403)),
    (1, .error("LimitExceededException", 409)), (2, .failure(.notSent("refused"))), (1, .failure(.unknownHost)),
  ]

  private func losesAnswer(_ answer: FakeTransport.Answer, _ state: inout State) -> FakeTransport.Answer? {
    state.random.isTrue(oneIn: 2) ? .failure(.broken("cut")) : nil
  }

  private func carryOut(_ state: inout State) -> FakeTransport.Answer {
    switch state.history.last?.status {
    case nil: return .error("ResourceNotFoundException", 409)
    case "PENDING_ACCEPTANCE":
      state.tookReject = true
      state.history.append((loop.passed, "REJECTING"))
      return Self.connection("REJECTING")
    case let status? where Self.isRejected(status) && state.random.isTrue(oneIn: 3): return Self.connection(status)
    default: return .error(state.random.pick([(3, "DisabledOperationException"), (1, "ConflictException")]), 409)
    }
  }

  /// Shows the past: what was so up to two seconds ago.
  private func lookUp(_ state: inout State) -> FakeTransport.Answer? {
    if state.random.isTrue(oneIn: state.rarity * 2) {
      return state.random.pick([
        (2, .error("AccessDeniedException", 403)), (2, .error("ThrottlingException", 400)),
        (1, .error("InternalException", 500)), (1, .status(200, "garbage")), (1, .failure(.broken("cut"))),
        (1, .failure(.notSent("refused"))), (1, .status(200, #"{"Connections":[]}"#)), (1, nil),
      ])
    }
    let seen = loop.passed - state.random.milliseconds(0...2000)
    guard let status = (state.history.last { $0.since <= seen } ?? state.history[0]).status else {
      return .status(200, #"{"Connections":[]}"#)
    }
    return .found(status: status)
  }

  private static func isRejected(_ status: String?) -> Bool {
    status == "REJECTING" || status == "REJECTED"
  }

  private static func connection(_ status: String) -> FakeTransport.Answer {
    .status(
      200, #"{"Connection":{"ConnectionId":"\#(Sample.connectionID)","ConnectionStatus":{"StatusCode":"\#(status)"}}}"#)
  }
}
