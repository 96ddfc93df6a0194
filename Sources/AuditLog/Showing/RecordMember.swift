import Glibc

/// A member of a record, or of an object in it, that is shown.
struct RecordMember: Sendable {
  enum Meaning: Sendable {
    case field(RecordField)
    case object([RecordMember])
  }

  let name: StaticString
  let meaning: Meaning

  init(_ name: StaticString, _ field: RecordField) {
    self.name = name
    meaning = .field(field)
  }

  init(_ name: StaticString, _ members: [RecordMember]) {
    self.name = name
    meaning = .object(members)
  }

  func isNamed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == name.utf8CodeUnitCount, let start = bytes.baseAddress else { return false }
    return memcmp(start, name.utf8Start, bytes.count) == 0
  }

  /// The record's own.
  static let ofRecord = [
    RecordMember("time", .time), RecordMember("seq", .sequence), RecordMember("stage", .stage),
    RecordMember("requestId", .requestID), RecordMember("action", .action), RecordMember("connectionId", .connectionID),
    RecordMember("path", .path),
    RecordMember("caller", [RecordMember("token", .token), RecordMember("name", .tokenName)]),
    RecordMember(
      "client",
      [RecordMember("address", .address), RecordMember("peer", .peer), RecordMember("userAgent", .userAgent)]),
    RecordMember("reason", .reason), RecordMember("httpStatus", .httpStatus), RecordMember("code", .code),
    RecordMember("outcome", .outcome),
    RecordMember(
      "aws",
      [
        RecordMember("code", .awsCode), RecordMember("requestId", .awsRequestID),
        RecordMember("httpStatus", .awsHTTPStatus), RecordMember("attempts", .awsAttempts),
      ]),
    RecordMember("sharedWith", .sharedWith), RecordMember("accessKeyId", .accessKeyID),
    RecordMember("durationMs", .durationMilliseconds), RecordMember("recovers", .recovers),
    RecordMember("count", .count), RecordMember("since", .since),
  ]
}
