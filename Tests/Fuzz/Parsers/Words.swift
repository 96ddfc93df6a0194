import Clocks
import Digest
import GatewayCore
import HTTPTypes

@testable import AWSCredentials

/// Ids, tokens, times and the other words of a caller's request or of a setting.
@Sendable func fuzzWords(_ bytes: [UInt8]) {
  guard let text = text(bytes) else { return }
  ids(text)
  tokens(text)
  redaction(text)
  times(text)
  settings(text)
}

private func ids(_ text: String) {
  let bytes = Array(text.utf8)
  let letters = Set("abcdefghijklmnopqrstuvwxyz".utf8)
  let others = letters.union("0123456789-".utf8)
  let isID = (10...256).contains(bytes.count) && letters.contains(bytes[0]) && bytes.allSatisfy(others.contains)
  promise((ConnectionID(text)?.description == text) == isID, "an id is [a-z][a-z0-9-]{9,255}, and nothing else")

  if let id = RequestID(callerSupplied: text) {
    promise(id.description == text && (1...128).contains(bytes.count) && bytes.isVisibleASCII, "a request id")
    promise(!holdsToken(text), "a request id that looks like a token is not taken")
  }
}

private let time = Timestamp(seconds: 1_795_363_200)
private let token = GatewayToken { [UInt8](repeating: 0, count: $0) }
private let authenticator = Authenticator(
  table: TokenTable(
    TokensDocument(tokens: [
      TokenEntry(name: "known", hash: token.hash, scopes: [.read], createdAt: time, expiresAt: nil)
    ])),
  clock: WallClock { time })

private func tokens(_ text: String) {
  if let read = GatewayToken(text) {
    promise(read.exposed == text && text.utf8.count == 50, "a token is taken as it is")
    promise(Redaction.redact(text) == Redaction.replacement, "all of a token is redacted")
    promise(TokenHash(read.hash.text) == read.hash, "a hash is read as it is written")
  }
  if let hash = TokenHash(text) { promise(hash.text == text, "a hash is written as it was read") }

  guard let value = HTTPField.isValidValue(text) ? text : nil else { return }
  guard let id = RequestID(callerSupplied: "fuzz") else { return }
  let request = Request(
    id: id, method: "GET", target: RequestTarget("/connections"), fields: [.authorization: value],
    body: .complete([]), client: Client(address: "192.0.2.1", peer: "192.0.2.1"))
  do {
    let entry = try authenticator.authenticate(request)
    promise(entry.name == "known" && value.hasSuffix(token.exposed), "only the token itself lets in")
    promise(value.utf8.count < 2_000, "nothing but white space stands before it")
  } catch {
    promise(error.code == .unauthenticated, "a refusal")
    let said = error.detail + (error.fields[.wwwAuthenticate] ?? "")
    promise(!holdsToken(said), "a refusal doesn't repeat a token")
  }
}

/// Whether eight characters that could be a token's follow `cgw_`.
private func holdsToken(_ text: String) -> Bool {
  let bytes = Array(text.utf8)
  guard bytes.count >= 12 else { return false }
  let alphabet = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_".utf8)
  return (0...bytes.count - 12).contains { start in
    bytes[start..<start + 4].elementsEqual("cgw_".utf8)
      && bytes[start + 4..<start + 12].allSatisfy(alphabet.contains)
  }
}

private func redaction(_ text: String) {
  let redacted = Redaction.redact(text)
  promise(!holdsToken(redacted), "no token is left")
  promise(Redaction.redact(redacted) == redacted, "what is redacted stays as it is")
  let cut = Redaction.redact(text, limit: 20)
  promise(cut.unicodeScalars.count <= 20 && !holdsToken(cut), "a cut text")

  var path = Redaction.redact(path: text, limit: 4096)
  for _ in 0..<5 {
    promise(!holdsToken(path), "no token is left in a path, percent-encoded or not")
    path = percentDecoded(path)
  }
}

private func percentDecoded(_ text: String) -> String {
  var result: [UInt8] = []
  var bytes = Array(text.utf8)[...]
  while let byte = bytes.popFirst() {
    let digits = bytes.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    if byte == UInt8(ascii: "%"), digits.count == 2 {
      result.append(UInt8(16 * digits[0] + digits[1]))
      bytes = bytes.dropFirst(2)
    } else {
      result.append(byte)
    }
  }
  return String(decoding: result, as: UTF8.self)
}

private func times(_ text: String) {
  if let time = Timestamp(iso8601: text) {
    promise(text.hasPrefix(time.iso8601.dropLast()), "a time is written as it was read")
    promise(Timestamp(iso8601: time.iso8601Microseconds) == time, "a time is read as it is written")
  }
  for time in [Timestamp(httpDate: text), Timestamp(expiration: text)].compactMap({ $0 }) {
    promise(Timestamp(iso8601: time.iso8601Microseconds) == time, "a time is read as it is written")
    promise(time.iso8601Basic.utf8.count == 16, "four digits of a year")
  }
}

private func settings(_ text: String) {
  if let pattern = ConnectionPattern(text) {
    promise(pattern.description == text && !pattern.matches(""), "a pattern is written as it was read")
  }
  if let origin = try? Origin(text) {
    let isPlain = text.utf8.isVisibleASCII && text == text.lowercased() && !text.contains("*")
    promise(origin.description == text && isPlain, "an origin is written as it was read")
  }
  if let duration = DurationText.duration(text) {
    promise(duration >= .zero && text.utf8.isVisibleASCII, "a duration isn't negative")
  }
  if let size = ByteSizeText.bytes(text) {
    promise(size >= 0 && ByteSizeText.bytes(String(size)) == size, "a size")
  }
  if let rate = Rate(text) {
    promise(Rate(rate.description) == rate && rate.perSecond > 0 && rate.burst > 0, "a rate")
  }
  if let words = ShellWords.split(text) {
    // Code point by code point: a mark behind a quote doesn't make it another one.
    let quoted = words.map { word in
      let escaped = word.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }
      return "'" + escaped.joined() + "'"
    }
    promise(ShellWords.split(quoted.joined(separator: " ")) == words, "quoted words are the same words")
  }
}
