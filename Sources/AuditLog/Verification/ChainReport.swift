/// What a check of the chain found.
package struct ChainReport: Sendable, Equatable {
  /// An intent that has no outcome: its process died, or runs still.
  package struct Intent: Sendable, Equatable {
    package let sequence: Int64
    package let requestID: String
    package let time: String
    package let connectionID: String
  }

  /// Where the chain breaks.
  package struct Break: Sendable, Equatable {
    package let file: String
    /// The line's number in its file, from 1.
    package let line: Int
    package let what: String
  }

  /// A last line without its end.
  package struct TornLine: Sendable, Equatable {
    package let file: String
    package let line: Int
    package let byteCount: Int
  }

  /// How many records hold.
  package internal(set) var count = 0
  package internal(set) var firstTime: String?
  package internal(set) var lastTime: String?
  /// The SHA-256 of the last record that holds.
  package internal(set) var headHash: String?
  /// Where the first file isn't the log's first: the number of the record before.
  package internal(set) var startsAfter: Int64?
  package internal(set) var intentsWithoutOutcome: [Intent] = []
  package internal(set) var tornLine: TornLine?
  package internal(set) var firstBreak: Break?

  /// Whether every whole line holds.
  package var isWhole: Bool {
    firstBreak == nil
  }
}
