import GatewayCore

/// Writes a row as a JSON object on a line of its own.
///
/// Keys in this order, absent ones left out, as in the log unless it says otherwise: `time` and `seq` (the first record's),
/// `state` (`answered`, `open`, `recovered`, `denied`, `suppressed`), `requestId`, `action`, `connectionId`, `path`, `caller`
/// {`token`, `name`}, `client` {`address`, `peer`, `userAgent`}, `reason`, `httpStatus`, `code`, `outcome`, `aws` {`code`,
/// `requestId`, `httpStatus`, `attempts`}, `sharedWith`, `accessKeyId`, `durationMs`, `count`, `since`, and `lastTime` and
/// `lastSeq` of the record that closed the call. Where `lastSeq` is `seq`, the intent wasn't among what was read.
struct JSONRowWriter: RowWriter {
  private static let caller: [(StaticString, RecordField)] = [("token", .token), ("name", .tokenName)]
  private static let client: [(StaticString, RecordField)] = [
    ("address", .address), ("peer", .peer), ("userAgent", .userAgent),
  ]
  private static let aws: [(StaticString, RecordField)] = [
    ("code", .awsCode), ("requestId", .awsRequestID), ("httpStatus", .awsHTTPStatus), ("attempts", .awsAttempts),
  ]

  func write(_ row: AuditRow, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "{"))
    member("time", .time, row.first, &output)
    member("seq", .sequence, row.first, &output)
    name("state", &output)
    output += "\"\(row.state.rawValue)\"".utf8
    member("requestId", .requestID, row.first, &output)
    member("action", .action, row.first, &output)
    member("connectionId", .connectionID, row.first, &output)
    member("path", .path, row.first, &output)
    object("caller", Self.caller, row.first, &output)
    object("client", Self.client, row.first, &output)
    member("reason", .reason, row.first, &output)
    member("httpStatus", .httpStatus, row.last, &output)
    member("code", .code, row.last, &output)
    member("outcome", .outcome, row.last, &output)
    object("aws", Self.aws, row.last, &output)
    member("sharedWith", .sharedWith, row.last, &output)
    member("accessKeyId", .accessKeyID, row.last, &output)
    member("durationMs", .durationMilliseconds, row.last, &output)
    member("count", .count, row.first, &output)
    member("since", .since, row.first, &output)
    if row.state == .answered || row.state == .recovered {
      member("lastTime", .time, row.last, &output)
      member("lastSeq", .sequence, row.last, &output)
    }
    output += "}\n".utf8
  }

  func pause(_ output: inout [UInt8]) {}

  private func object(
    _ name: StaticString, _ members: [(StaticString, RecordField)], _ record: RecordReader, _ output: inout [UInt8]
  ) {
    guard members.contains(where: { record.has($0.1) }) else { return }
    self.name(name, &output)
    output.append(UInt8(ascii: "{"))
    for (name, field) in members { member(name, field, record, &output) }
    output.append(UInt8(ascii: "}"))
  }

  private func member(
    _ name: StaticString, _ field: RecordField, _ record: RecordReader, _ output: inout [UInt8]
  ) {
    guard let token = record.token(field) else { return }
    self.name(name, &output)
    // What isn't plain is written anew: escaped where it could do something to a terminal, and JSON whatever it was.
    if token.isPlainString || token.isInteger {
      output += token
    } else {
      output += JSON.string(record.text(field) ?? "").bytes
    }
  }

  private func name(_ name: StaticString, _ output: inout [UInt8]) {
    if output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
    output.append(UInt8(ascii: "\""))
    output += UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    output += "\":".utf8
  }
}

extension UnsafeRawBufferPointer {
  /// Whether it is a JSON string of characters that stand for themselves.
  fileprivate var isPlainString: Bool {
    first == UInt8(ascii: "\"") && UnsafeRawBufferPointer(rebasing: dropFirst().dropLast()).isPlainJSON
  }

  /// Whether it is `0`, or digits that begin otherwise.
  fileprivate var isInteger: Bool {
    allSatisfy(\.isASCIIDigit) && (count == 1 || first != UInt8(ascii: "0"))
  }
}
