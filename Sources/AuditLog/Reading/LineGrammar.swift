import GatewayCore

/// The members of each stage's records, as `AuditRecord` lists them.
enum LineGrammar {
  /// What every record begins with, its stage included.
  static let beginning = [
    LineMember("time", .time, .time), LineMember("seq", .count, .sequence),
    LineMember("stage", .oneOf(AuditRecord.Stage.allCases.map(\.rawValue)), .stage),
  ]
  /// What every record ends with.
  static let ending = [LineMember("prev", .hex(64), .previous)]

  /// What stands in between.
  static func members(of stage: AuditRecord.Stage) -> [LineMember] {
    switch stage {
    case .opened: opened
    case .closed: closed
    case .intent: intent
    case .outcome: outcome
    case .denied: denied
    case .suppressed: suppressed
    case .recovered: recovered
    case .checkpoint: checkpoint
    }
  }

  private static let opened =
    closed + [
      LineMember("previousFile", .text, .previousFile).optional,
      LineMember("openIntents", .count, .openIntents).optional,
    ]
  private static let closed = [LineMember("instance", .hex(16)), LineMember("version", .text)]
  private static let intent = [
    requestID, action, connectionID.optional, caller, client, LineMember("reason", .text).optional,
  ]
  private static let outcome = [
    requestID, action, connectionID.optional, caller, client, httpStatus, code.optional, result,
    LineMember("aws", .object([awsCode, awsRequestID, awsStatus, LineMember("attempts", .number)])).optional,
    LineMember(
      "tries",
      .objects([LineMember("operation", .word), LineMember("ending", .word), awsCode, awsRequestID, awsStatus])
    )
    .optional,
    LineMember("sharedWith", .requestID).optional, LineMember("accessKeyId", .text).optional,
    LineMember("durationMs", .number).optional,
  ]
  private static let denied = [
    requestID, action.optional, connectionID.optional, LineMember("path", .text).optional, caller.optional, client,
    httpStatus, code, result,
  ]
  private static let suppressed = [
    LineMember("client", .object([LineMember("address", .text)])), LineMember("count", .count),
    LineMember("since", .time),
  ]
  private static let recovered = [
    requestID.optional, action.optional, connectionID.optional, caller.optional, client.optional,
    LineMember("outcome", .oneOf(["unknown"])), LineMember("recovers", .count, .recovers),
  ]
  private static let checkpoint = [
    LineMember("keyId", .hex(16), .keyID), LineMember("signature", .signature, .signature),
  ]

  private static let requestID = LineMember("requestId", .requestID, .requestID)
  private static let action = LineMember("action", .word)
  private static let connectionID = LineMember("connectionId", .connectionID, .connectionID)
  private static let caller = LineMember(
    "caller", .object([LineMember("token", .hex(12)), LineMember("name", .string(.tokenName, 1...64))]))
  private static let client = LineMember(
    "client",
    .object([LineMember("address", .text), LineMember("peer", .text), LineMember("userAgent", .text).optional]))
  private static let httpStatus = LineMember("httpStatus", .httpStatus)
  private static let code = LineMember("code", .word)
  private static let result = LineMember("outcome", .oneOf(["not_sent", "not_rejected", "rejected", "unknown"]))
  private static let awsCode = LineMember("code", .text).optional
  private static let awsRequestID = LineMember("requestId", .text).optional
  private static let awsStatus = LineMember("httpStatus", .httpStatus).optional
}
