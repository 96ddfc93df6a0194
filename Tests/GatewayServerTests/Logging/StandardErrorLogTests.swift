import Clocks
import FoundationEssentials
import GatewayCore
import Logging
import Synchronization
import Testing

@testable import GatewayServer

@Suite("StandardErrorLog")
struct StandardErrorLogTests {
  /// What was written, write by write.
  private final class Written: Sendable {
    let writes = Mutex<[[UInt8]]>([])

    var texts: [String] {
      writes.withLock { $0.map { String(decoding: $0, as: UTF8.self) } }
    }
  }

  private let written = Written()

  private func logger(_ format: LogFormat, level: Logger.Level = .trace) -> Logger {
    var logger = Logger(label: "test") { [written] _ in
      StandardErrorLog(format: format, level: level, clock: .fixed(Samples.time)) { line in
        written.writes.withLock { $0.append(line) }
      }
    }
    logger.logLevel = level
    return logger
  }

  private func decoded() throws -> [String: String] {
    let text = try #require(written.texts.first)
    return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
  }

  private static let awkward = [
    "", " ", "a b", "a\nb", "a\r\nb", "\n", "a\tb", "\"", "\\", "a\"b", "=", "a=b", "\u{0}", "\u{1B}[31mred", "\u{7F}",
    "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}evil", "J\u{FC}rgen", "\u{1F600}", "{}", "x\",\"level\":\"critical",
    "\n{\"time\":\"t\",\"level\":\"info\",\"message\":\"fake\"}",
  ]

  @Test("A text line: time, level, message, then the metadata by name")
  func text() {
    logger(.text).notice("listening", metadata: ["listener": "public", "address": "127.0.0.1:8080"])
    #expect(
      written.texts == ["2026-11-22T16:00:00.123456Z notice listening address=127.0.0.1:8080 listener=public\n"])
  }

  @Test("A JSON line: time, level and message first, then the metadata by name")
  func json() {
    logger(.json).notice("listening", metadata: ["listener": "public", "address": "127.0.0.1:8080"])
    #expect(
      written.texts == [
        #"{"time":"2026-11-22T16:00:00.123456Z","level":"notice","message":"listening","address":"127.0.0.1:8080","listener":"public"}"#
          + "\n"
      ])
  }

  @Test("A JSON line is valid, and its values are what was logged", arguments: awkward)
  func validJSON(value: String) throws {
    logger(.json).error("failed", metadata: ["reason": "\(value)"])
    #expect(try decoded()["reason"] == value)
    #expect(try decoded()["message"] == "failed")
    #expect(try decoded()["level"] == "error")
  }

  @Test("No value can break a line, in either format", arguments: [LogFormat.text, .json], awkward)
  func oneLine(format: LogFormat, value: String) throws {
    logger(format).error("failed", metadata: ["a": "\(value)", "b": .array(["\(value)"]), "c": ["d": "\(value)"]])
    #expect(written.texts.count == 1)
    let line = try #require(written.texts.first)
    #expect(line.hasSuffix("\n"))
    #expect(
      !line.dropLast().unicodeScalars.contains {
        $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0 == "\u{2029}"
      })
  }

  @Test(
    "In text, a value that could run into the next one is quoted",
    arguments: [
      ("a b", "\"a b\""), ("", "\"\""), ("a\nb", "\"a\\nb\""), ("x\"y", "\"x\\\"y\""), ("a=b", "a=b"),
      ("J\u{FC}", "\"J\u{FC}\""),
    ])
  func quoted(value: String, expected: String) {
    logger(.text).info("m", metadata: ["k": "\(value)"])
    #expect(written.texts == ["2026-11-22T16:00:00.123456Z info m k=\(expected)\n"])
  }

  @Test(
    "A gateway token is never written, wherever it is pasted", arguments: [LogFormat.text, .json],
    ["", "Bearer ", "x=", "\n"])
  func tokens(format: LogFormat, before: String) throws {
    let token = GatewayToken(random: { [UInt8](repeating: 7, count: $0) }).exposed
    logger(format).error(
      "failed", metadata: ["a": "\(before)\(token)", "b": .array(["\(token)"]), "c": ["d": "\(token)"]])
    let line = try #require(written.texts.first)
    #expect(!line.contains(token))
    #expect(!line.contains(token.dropFirst(4)))
    #expect(line.contains("cgw_[redacted]"))
  }

  @Test("The logger's own metadata is written too, and a line's own wins over it")
  func mergedMetadata() throws {
    var logger = logger(.json)
    logger[metadataKey: "a"] = "1"
    logger[metadataKey: "b"] = "1"
    logger.info("m", metadata: ["b": "2"])
    #expect(logger[metadataKey: "a"] == "1")
    #expect(try decoded()["a"] == "1")
    #expect(try decoded()["b"] == "2")
  }

  @Test("What is below the level isn't written", arguments: [(Logger.Level.info, 5), (.error, 2), (.trace, 7)])
  func level(level: Logger.Level, expected: Int) {
    let logger = logger(.text, level: level)
    for level in Logger.Level.allCases { logger.log(level: level, "m") }
    #expect(written.texts.count == expected)
  }
}
