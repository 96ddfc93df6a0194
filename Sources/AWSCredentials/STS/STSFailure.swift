import GatewayCore
import SigV4

/// Why STS gave no credentials.
struct STSFailure: Equatable {
  /// For people.
  let words: String
  /// Whether a moment later it may work.
  let isTransient: Bool
  private let isThrottled: Bool

  private static let throttlingCodes: Set<String> = [
    "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException",
  ]
  /// The identity provider didn't answer STS.
  private static let transientCodes: Set<String> = ["IDPCommunicationError", "RequestTimeout"]
  private static let messageLimit = 256

  /// - Parameter secrets: taken out of what STS says.
  init(_ response: UpstreamResponse, hiding secrets: [Secret]) {
    let answer = XMLText(response.body)
    let code = answer?.text(at: ["ErrorResponse", "Error", "Code"])
    let message = answer?.text(at: ["ErrorResponse", "Error", "Message"])
    let texts = [code, message].compactMap { $0 }.map { Self.shown($0, hiding: secrets) }.filter { !$0.isEmpty }
    words = texts.isEmpty ? "status \(response.status)" : texts.joined(separator: ": ")
    isThrottled = code.map(Self.throttlingCodes.contains) ?? (response.status == 429)
    isTransient = isThrottled || response.status >= 500 || code.map(Self.transientCodes.contains) == true
  }

  init(_ failure: TransportFailure) {
    words = failure.words
    isThrottled = false
    isTransient = failure != .unknownHost
  }

  /// How long to wait before the next try: at random, up to 50 ms doubled each time, or a second where STS asks for fewer
  /// calls (AWS SDKs and Tools Reference Guide, "Retry behavior").
  func delay(after attempt: Int, random: Double) -> Duration {
    (isThrottled ? .seconds(1) : .milliseconds(50)) * (1 << (attempt - 1)) * random
  }

  /// When a signature doesn't match, AWS may quote what was signed.
  private static func shown(_ text: String, hiding secrets: [Secret]) -> String {
    let redacted = Redaction.hide(secrets.map(\.exposed), in: text)
    let line = redacted.unicodeScalars.filter { !Character($0).isNewline }
    return String(String.UnicodeScalarView(line.prefix(messageLimit)))
  }
}
