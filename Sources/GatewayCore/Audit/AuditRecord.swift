package import Clocks

/// One line of the audit log, before it has its place in the chain.
///
/// A line is valid if and only if
/// - it is one JSON object in UTF-8, ended by one LF, with no other LF and no control character in it;
/// - its keys stand in the order of `line(time:sequence:previous:)`, absent ones left out, `time` first and `prev` last;
/// - `time` is UTC with six digits of fraction, `seq` is one more than the line before (1 in a log's very first line);
/// - `prev` is the SHA-256, in 64 lower-case hex digits, of the line before with its LF (64 zeros in a log's first line).
package struct AuditRecord: Sendable, Equatable {
  /// Why the record is written.
  package enum Stage: String, Sendable, CaseIterable {
    /// The file's first record of a run, and the last of a graceful stop or a rotation.
    case opened, closed
    /// A call is about to be sent to AWS.
    case intent
    /// What became of it.
    case outcome
    /// A call refused before any intent.
    case denied
    /// Refusals that a flood made too many to write one by one, counted.
    case suppressed
    /// An intent found at start without its outcome: the process died. It is closed as `unknown`.
    case recovered
    /// A signature over the chain so far.
    case checkpoint
  }

  package let stage: Stage
  package var requestID: RequestID?
  package var action: AuditAction?
  package var connectionID: ConnectionID?
  /// The path of a denied call that named no valid connection.
  package var path: String?
  package var caller: Caller?
  package var client: Client?
  package var userAgent: String?
  package var reason: String?
  package var result: AuditResult?
  /// The number of the intent that a `recovered` record closes.
  package var recovers: Int64?
  package var suppression: Suppression?
  package var checkpoint: Checkpoint?
  package var bounds: AuditBounds?

  package init(stage: Stage) {
    self.stage = stage
  }

  /// The line as it is written, its LF included.
  ///
  /// - Parameter previous: the SHA-256 of the line before, in hex.
  package func line(time: Timestamp, sequence: Int64, previous: String) -> [UInt8] {
    var line = JSON.object([
      ("time", .string(time.iso8601Microseconds)),
      ("seq", .integer(sequence)),
      ("stage", .string(stage.rawValue)),
      ("requestId", requestID.map { .string($0.description) }),
      ("action", action.map { .string($0.rawValue) }),
      ("connectionId", connectionID.map { .string($0.description) }),
      ("path", path.map(JSON.string)),
      ("caller", caller.map { .object([("token", .string($0.tokenID)), ("name", .string($0.name))]) }),
      ("client", client.map(clientObject) ?? suppression.map { .object([("address", .string($0.address))]) }),
      ("reason", reason.map(JSON.string)),
      ("httpStatus", result.map { .integer(Int64($0.httpStatus)) }),
      ("code", result?.code.map { .string($0.rawValue) }),
      ("outcome", outcome.map { .string($0.rawValue) }),
      ("aws", result?.aws.map { $0.json(withMessage: false) }),
      ("tries", result.flatMap { $0.attempts.count > 1 ? .array($0.attempts.map(\.json)) : nil }),
      ("sharedWith", result?.sharedWith.map { .string($0.description) }),
      ("accessKeyId", result?.accessKeyID.map(JSON.string)),
      ("durationMs", result?.durationMilliseconds.map(JSON.integer)),
      ("recovers", recovers.map(JSON.integer)),
      ("count", suppression.map { .integer($0.count) }),
      ("since", suppression.map { .string($0.since.iso8601Microseconds) }),
      ("keyId", checkpoint.map { .string($0.keyID) }),
      ("signature", checkpoint.map { .string($0.signature) }),
      ("instance", bounds.map { .string($0.instance) }),
      ("version", bounds.map { .string($0.version) }),
      ("previousFile", bounds?.previousFile.map(JSON.string)),
      ("openIntents", bounds?.openIntents.map { .integer(Int64($0)) }),
      ("prev", .string(previous)),
    ]).bytes
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private var outcome: Outcome? {
    stage == .recovered ? .unknown : result?.outcome
  }

  private func clientObject(_ client: Client) -> JSON {
    .object([
      ("address", .string(client.address)),
      ("peer", .string(client.peer)),
      ("userAgent", userAgent.map(JSON.string)),
    ])
  }
}
