import Synchronization

/// The settings that hold now.
final class LiveSettings: Sendable {
  /// Those that held at the start.
  let start: Settings
  private let settings: Mutex<Settings>

  init(_ start: Settings) {
    self.start = start
    settings = Mutex(start)
  }

  var current: Settings {
    settings.withLock { $0 }
  }

  /// Changes them; what they are then.
  ///
  /// - Throws: what `change` throws; then nothing has changed.
  @discardableResult
  func update(_ change: (Settings) throws(ShapeError) -> Settings) throws(ShapeError) -> Settings {
    try settings.withLock { settings throws(ShapeError) in
      settings = try change(settings)
      return settings
    }
  }
}
