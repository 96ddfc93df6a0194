import Clocks
import FoundationEssentials
import GatewayCore
import HTTPTypes

@testable import OpenSearchClient

/// AWS's answers: the status and the error code's header in the first line, then the body.
@Sendable func fuzzAnswers(_ bytes: [UInt8]) {
  let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
  let body = Array(bytes.dropFirst(line.count + 1))
  var fields = HTTPFields()
  if let value = text(line), HTTPField.isValidValue(value) {
    for name in ["x-amzn-errortype", "x-amzn-requestid", "x-amz-retry-after", "date"] {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    retrying(value)
  }
  for status in [409, 503] {
    let response = UpstreamResponse(status: status, fields: line.isEmpty ? [:] : fields, body: body)
    checkError(AWSErrorParser.answer(from: response, attempts: 1), status)
  }

  if let connection = ConnectionAnswer.connection(in: body) { checkJSON(connection.json.bytes) }
  if let page = ConnectionAnswer.page(in: body) {
    for connection in page.connections { checkJSON(connection.json.bytes) }
    promise(page.nextToken != "", "an empty token is none")
  }
}

private func checkError(_ answer: AWSAnswer, _ status: Int) {
  promise(answer.httpStatus == status, "the status is AWS's")
  if let code = answer.code {
    promise(code.unicodeScalars.count <= 128, "a code is short")
    promise(!code.unicodeScalars.contains { $0 == ":" || $0 == "#" }, "a code is cut at ':' and '#'")
  }
  if let message = answer.message { promise(message.unicodeScalars.count <= 2048, "a message is cut") }
  let report = RejectionReport(verdict: .refused, answer: answer, accessKeyID: nil, region: "eu-west-1")
  do {
    _ = try RejectionTranslation.connection(from: report)
    fatalError("an error is never a success")
  } catch {
    guard let id = RequestID(callerSupplied: "fuzz") else { return }
    checkJSON(error.response(requestID: id).body)
    let codes: [ProblemCode] = [
      .connectionNotFound, .connectionNotRejectable, .upstreamValidation, .upstreamThrottled, .upstreamDenied,
      .upstreamError,
    ]
    promise(codes.contains(error.code), "a refusal of AWS's")
  }
}

/// What goes to callers is one line of JSON.
private func checkJSON(_ bytes: [UInt8]) {
  promise(bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "no control characters")
  promise((try? JSONDecoder().decode(StrictObject.self, from: Data(bytes))) != nil, "an object")
}

private func retrying(_ text: String) {
  for attempt in 1...3 {
    let delay = Backoff.delay(after: attempt, isThrottled: true, random: 1, retryAfter: text)
    promise((.zero ... .seconds(25)).contains(delay), "a pause within its bounds")
  }
  let now = Timestamp(seconds: 1_795_363_200)
  let clock = SkewClock(WallClock { now })
  let shown = clock.note(date: text, sent: now, received: now)
  if clock.correct(to: shown, signedWith: .zero) {
    promise(now.advanced(by: clock.offset).iso8601Basic.utf8.count == 16, "a corrected time can be signed with")
  }
}
