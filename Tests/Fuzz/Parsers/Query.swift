import GatewayCore
import HTTPTypes

/// A request target, and the queries of the calls that take one.
@Sendable func fuzzQuery(_ bytes: [UInt8]) {
  guard let text = text(bytes), let id = RequestID(callerSupplied: "fuzz") else { return }
  // The listener hands on nothing else.
  guard isInOrder(text) else { return }
  let target = RequestTarget(text)
  promise(target.path + (target.query.map { "?" + $0 } ?? "") == text, "a target's parts are all of it")

  let client = Client(address: "192.0.2.1", peer: "192.0.2.1")
  let request = { (method: String) in
    Request(id: id, method: method, target: target, fields: [:], body: .complete([]), client: client)
  }
  let caller = Caller(tokenID: "0123456789ab", name: "fuzz")
  if case .reject(let connectionID) = try? Router.route(request("POST"), cors: noPages) {
    promise(target.path == "/connections/\(connectionID)/reject", "a reject has one path")
    promise(Router.isAudited(request("POST")), "a reject is audited")
    if let call = try? RejectCall(request("POST"), id: connectionID, caller: caller) {
      checkReject(call, target)
    }
  }
  if case .connection(let connectionID) = try? Router.route(request("GET"), cors: noPages) {
    promise(target.path == "/connections/\(connectionID)", "a look-up has one path")
    _ = try? GetCall(request("GET"), id: connectionID, caller: caller)
  }
  if let call = try? ListCall(request("GET"), caller: caller, restrictions: .none) { checkList(call, target) }
}

private let noPages = CORSPolicy([])

/// Whether a plain head with this target is let through.
private func isInOrder(_ target: String) -> Bool {
  func head(_ offsets: [Int], _ byteCount: Int) -> RequestHead {
    RequestHead(
      method: "GET", target: target, version: "HTTP/1.1",
      fields: [RequestHead.Field(name: "Host", value: Array("gateway".utf8))], offsets: offsets, byteCount: byteCount)
  }
  let layout = head([], 0).plainLayout
  return (try? Framing.fields(of: head(layout.offsets, layout.byteCount))) != nil
}

/// The query's names and values, decoded by another hand than the gateway's.
private func parameters(_ target: RequestTarget) -> [(name: String, value: String)] {
  (target.query ?? "").split(separator: "&").map { pair in
    let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(decoded)
    return (halves[0], halves.count > 1 ? halves[1] : "")
  }
}

private func decoded(_ text: Substring) -> String {
  var bytes: [UInt8] = []
  var rest = text.utf8
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
      bytes.append(value)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func checkReject(_ call: RejectCall, _ target: RequestTarget) {
  let parameters = parameters(target)
  promise(ConnectionID(call.id.description) == call.id, "an id")
  promise(Set(parameters.map(\.name)).isSubset(of: ["dryRun", "wait"]), "only names that are known")
  promise(Set(parameters.map(\.name)).count == parameters.count, "each of them once")
  let isDry = parameters.contains { $0 == ("dryRun", "true") }
  switch call.mode {
  case .dryRun: promise(isDry, "a dry run was asked for")
  case .send(let wait):
    promise(!isDry, "a dry run sends nothing")
    promise((.zero...RejectCall.longestWait).contains(wait), "a wait up to a minute")
    promise(wait == .zero || parameters.contains { $0.name == "wait" }, "a wait that was asked for")
  }
}

private func checkList(_ call: ListCall, _ target: RequestTarget) {
  let parameters = parameters(target)
  promise(Set(parameters.map(\.name)).count == parameters.count, "each name once")
  promise((1...100).contains(call.limit), "a limit")
  promise(call.filters.allSatisfy { $0.value.utf8.isVisibleASCII }, "a filter's value")
  if let token = call.nextToken {
    let cursor = parameters.first { $0.name == "cursor" }?.value
    promise(call.cursor(after: token).text == cursor, "a cursor is written as it was read")
  }
}
