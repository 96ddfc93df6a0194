/// How long to wait before a retry (AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode).
enum Backoff {
  private static let base = Duration.milliseconds(50)
  private static let throttledBase = Duration.seconds(1)
  private static let longest = Duration.seconds(20)
  /// How much longer than computed AWS may ask for.
  private static let longestExtension = Duration.seconds(5)

  /// The delay after failed attempt number `attempt`.
  ///
  /// - Parameters:
  ///   - attempt: from 1.
  ///   - random: from 0 to 1.
  ///   - retryAfter: the answer's `x-amz-retry-after`, whole milliseconds; anything else in it is ignored.
  static func delay(after attempt: Int, isThrottled: Bool, random: Double, retryAfter: String?) -> Duration {
    let exponential = (isThrottled ? throttledBase : base) * (1 << min(attempt - 1, 20))
    let computed = min(exponential, longest) * random
    guard let text = retryAfter, let milliseconds = Int64(text), milliseconds >= 0, text.utf8.first != UInt8(ascii: "+")
    else { return computed }
    return max(computed, min(.milliseconds(milliseconds), computed + longestExtension))
  }
}
