/// What the start found and mended, for whoever runs the gateway.
package struct OpeningReport: Sendable, Equatable {
  /// An end that was never vouched for, cut off the log and kept beside it.
  package struct TornEnd: Sendable, Equatable {
    package let file: String
    package let keptAs: String
    package let byteCount: Int64
  }

  /// A file before this one in which a line doesn't hold.
  package struct BrokenFile: Sendable, Equatable {
    package let file: String
    package let line: Int
    package let what: String
  }

  /// Intents of files before that couldn't be looked for.
  package struct LostIntents: Sendable, Equatable {
    package let count: Int
    /// Why, and in which file they are.
    package let reason: String
  }

  package internal(set) var tornEnds: [TornEnd] = []
  /// How many intents were left open, and are closed now.
  package internal(set) var recoveredCount = 0
  /// Where the log is a new file: the name of the one whose chain it goes on with.
  package internal(set) var continuedFile: String?
  package internal(set) var brokenFile: BrokenFile?
  package internal(set) var lostIntents: LostIntents?
}
