/// How long before their end credentials are refreshed (the windows of the AWS SDK for Go v2).
struct RefreshWindows: Equatable {
  /// In this window the old ones are used on, and new ones fetched beside.
  let advisory: Duration
  /// In this one whoever asks waits for the new ones.
  let mandatory: Duration

  private static let shortLife = Duration.seconds(20 * 60)
  private static let mediumLife = Duration.seconds(90 * 60)
  private static let lastMinute = Duration.seconds(60)

  /// - Parameter lifetime: how long they are good for when they come.
  init(lifetime: Duration) {
    let usual = Duration.seconds(lifetime <= Self.shortLife ? 5 * 60 : lifetime < Self.mediumLife ? 15 * 60 : 60 * 60)
    // Credentials that come with less life than that, as instance metadata's do at times, would be fetched again for
    // each call.
    advisory = lifetime > usual ? usual : max(lifetime, .zero) / 2
    mandatory = min(Self.lastMinute, advisory / 2)
  }
}
