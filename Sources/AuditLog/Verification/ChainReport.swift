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

  /// How far a signature vouches for the log: for every record up to this one.
  package struct Vouched: Sendable, Equatable {
    package let sequence: Int64
    package let time: String
    package let keyID: String
  }

  /// A last line without its end.
  package struct TornLine: Sendable, Equatable {
    package let file: String
    package let line: Int
    package let byteCount: Int
    /// Whether it may be what a power cut left of a file's first record.
    package let mayBeRecord: Bool
  }

  /// How many records hold.
  package internal(set) var count = 0
  package internal(set) var firstTime: String?
  package internal(set) var lastTime: String?
  /// The number of the last record that holds.
  package internal(set) var lastSequence: Int64?
  /// The SHA-256 of the last record that holds.
  package internal(set) var headHash: String?
  /// Where the first file isn't the log's first: the number of the record before.
  package internal(set) var startsAfter: Int64?
  /// The name that the file before the first one had.
  package internal(set) var startsAfterFile: String?
  /// Whether the last record says that the log was closed.
  package internal(set) var isClosed = false
  package internal(set) var intentsWithoutOutcome: [Intent] = []
  /// Checkpoints among the records that hold, whether their signatures were checked or not.
  package internal(set) var checkpointCount = 0
  /// `nil` where no signature was checked.
  package internal(set) var vouched: Vouched?
  package internal(set) var tornLine: TornLine?
  package internal(set) var firstBreak: Break?

  /// Whether every whole line holds.
  package var isWhole: Bool {
    firstBreak == nil
  }
}
