import FoundationEssentials
import TestSupport

@testable import AuditLog

/// What `audit show` says of files with these lines.
struct Shown {
  private(set) var text = ""
  private(set) var complaints: [String] = []
  private(set) var badLines = 0

  init(
    _ files: [String]..., filter: RowFilter = RowFilter(), as form: AuditShow.Form = .json
  ) throws {
    let folder = try TemporaryFolder()
    let paths = try files.enumerated().map { number, lines in
      try folder.write(lines.joined().utf8, to: "audit.\(number + 1)")
    }
    var (text, complaints): ([UInt8], [String]) = ([], [])
    var show = AuditShow(
      form, filter: filter, write: { text += $0 },
      complain: { complaints.append($0.replacing(folder.path + "/", with: "")) })
    try show.show(paths)
    self.text = text.text
    self.complaints = complaints
    badLines = show.badLines
  }

  var lines: [String] {
    text.split(separator: "\n").map(String.init)
  }

  /// Of JSON.
  var rows: [Row] {
    get throws { try lines.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) } }
  }

  struct Row: Decodable, Equatable {
    let seq: Int
    let state: String
    var requestId: String?
    var reason: String?
    var outcome: String?
    var count: Int?
    var lastSeq: Int?
  }
}

/// Lines of a log, as `audit show` needs them: it doesn't look at the chain.
enum ShowLine {
  static let call = #""action":"connections.reject","connectionId":"c-0123456789","caller":\#(caller),\#(client)"#
  static let caller = #"{"token":"9f2c61d0a4b7","name":"runbook-eu"}"#
  static let client = #""client":{"address":"10.1.2.3","peer":"127.0.0.1","userAgent":"curl/8.1"}"#

  static func line(_ seq: Int, _ stage: String, _ members: String, time: String = "2026-11-22T16:00:00.123456Z")
    -> String
  {
    #"{"time":"\#(time)","seq":\#(seq),"stage":"\#(stage)",\#(members),"prev":"\#(Samples.hash)"}"# + "\n"
  }

  static func intent(
    _ seq: Int, _ requestID: String = "r", call: String = call, reason: String = #"CHG-1234"#,
    time: String = "2026-11-22T16:00:00.123456Z"
  ) -> String {
    line(seq, "intent", #""requestId":"\#(requestID)",\#(call),"reason":"\#(reason)""#, time: time)
  }

  static func outcome(
    _ seq: Int, _ requestID: String = "r", call: String = call,
    result: String = #""httpStatus":200,"outcome":"rejected","aws":{"attempts":1},"durationMs":143"#,
    time: String = "2026-11-22T16:00:01.123456Z"
  ) -> String {
    line(seq, "outcome", #""requestId":"\#(requestID)",\#(call),\#(result)"#, time: time)
  }

  static func denied(_ seq: Int, path: String = "/x") -> String {
    line(
      seq, "denied",
      #""requestId":"r","path":"\#(path)",\#(client),"httpStatus":401,"code":"unauthenticated","outcome":"not_sent""#)
  }

  static func suppressed(_ seq: Int) -> String {
    line(seq, "suppressed", #""client":{"address":"10.9.9.9"},"count":17,"since":"2026-11-22T15:59:00.000000Z""#)
  }

  static func recovered(_ seq: Int, _ members: String = #""requestId":"r",\#(call)"#, recovers: Int) -> String {
    line(seq, "recovered", #"\#(members.isEmpty ? "" : members + ",")"outcome":"unknown","recovers":\#(recovers)"#)
  }
}
