package import Clocks

/// One line of the audit log, before it has its place in the chain.
///
/// What follows is the file format, whole: a verifier can be written from it alone, and two are (`audit verify`, and
/// `second_verifier.py` among the outside checks).
///
/// ## Lines
///
/// A log is one file or several, in order. A file is lines, each of them ended by one LF. Bytes after a file's last LF are a
/// torn line, as a power cut or a write under way leaves it. It is no part of the log, and only the last file may have one.
///
/// A line is valid if and only if it has at most 1,048,576 bytes with its LF, is one JSON object (RFC 8259) in UTF-8 without
/// any white space between tokens, and its members are `time`, `seq`, `stage`, those of its stage, and `prev`: in this order,
/// each once, no other, and only those with a `?` may be missing.
///
/// | `stage` | members between `stage` and `prev` |
/// |---|---|
/// | `opened` | `instance`, `version`, `previousFile`?, `openIntents`? (only with `previousFile`) |
/// | `closed` | `instance`, `version` |
/// | `intent` | `requestId`, `action`, `connectionId`?, `caller`, `client`, `reason`? |
/// | `outcome` | `requestId`, `action`, `connectionId`?, `caller`, `client`, `httpStatus`, `code`?, `outcome`, `aws`?, `tries`?, `sharedWith`?, `accessKeyId`?, `durationMs`? |
/// | `denied` | `requestId`, `action`?, `connectionId`?, `path`?, `caller`?, `client`, `httpStatus`, `code`, `outcome` |
/// | `suppressed` | `client` (with its `address` alone), `count`, `since` |
/// | `recovered` | `requestId`?, `action`?, `connectionId`?, `caller`?, `client`?, `outcome`, `recovers` |
/// | `checkpoint` | `keyId`, `signature` |
///
/// | object | members |
/// |---|---|
/// | `caller` | `token`, `name` |
/// | `client` | `address`, `peer`, `userAgent`? |
/// | `aws` | `code`?, `requestId`?, `httpStatus`?, `attempts` |
/// | one of `tries`, an array of one or more | `operation`, `ending`, `code`?, `requestId`?, `httpStatus`? |
///
/// | value | is |
/// |---|---|
/// | `time`, `since` | `2026-11-22T16:00:00.123456Z`: UTC, always six digits of fraction; a date of the Gregorian calendar, the year from 0001; hours to 23, minutes and seconds to 59 |
/// | `seq`, `count`, `recovers`, `openIntents` | an integer from 1; `recovers` is less than the line's `seq` |
/// | `attempts`, `durationMs` | an integer from 0 |
/// | `httpStatus` | an integer from 100 to 999 |
/// | `stage` | one of the eight |
/// | `outcome` | `not_sent`, `not_rejected`, `rejected`, `unknown`; in `recovered` always `unknown` |
/// | `requestId` (but in `aws` and `tries`), `sharedWith` | 1 to 128 of `A-Z a-z 0-9 . _ ~ -` |
/// | `connectionId` | 10 to 256 of `a-z 0-9 -`, the first of `a-z` |
/// | `action`, `code` (but in `aws` and `tries`), `operation`, `ending` | 1 to 64 of `a-z 0-9 . _`, the first of `a-z` |
/// | `token`; `instance`, `keyId`; `prev` | 12; 16; 64 of `0-9 a-f` |
/// | `name` | 1 to 64 of `A-Z a-z 0-9 . _ @ : + -` |
/// | `signature` | 64 bytes in base64 (RFC 4648, section 4): 86 digits, the last of them one of `A Q g w`, and `==` |
/// | all others | text |
///
/// An integer is `0`, or a digit from 1 to 9 and up to 17 more digits. Of text, printable ASCII (U+0020 to U+007E) stands for
/// itself, but `"` is `\"` and `\` is `\\`. LF, CR and TAB are `\n`, `\r` and `\t`. The other characters up to U+009F, U+2028
/// and U+2029 are `\uXXXX` with the digits `a-f` in lower case. From U+00A0 on, a character is either itself in well-formed
/// UTF-8 or `\uXXXX`, as a pair of surrogates above U+FFFF; surrogates come in pairs only. (The writer escapes what is
/// invisible or turns the direction of text by the Unicode version that it knows, so that a reader takes both forms.)
///
/// ## The chain
///
/// - `seq` is 1 in a log's very first line, and one more in each line than in the line before.
/// - `prev` is the SHA-256 of the line before, its LF included; in a log's very first line it is 64 zeros.
/// - A file's first line is `opened`, and has `previousFile` unless its `seq` is 1. No other line of the file has it. The line
///   before is the last one of another file, which had this name, without its folder, when it was left. Rotation may have
///   renamed it since: the name is for people, `prev` is what links. A file without any line may stand anywhere.
/// - After `closed` come `checkpoint` lines alone, until `opened`.
///
/// Where a log's first files aren't there, the first line's `seq` and `prev` are taken for granted.
///
/// ## Checkpoints
///
/// `keyId` is the first 16 hex digits of the SHA-256 of the 32 bytes of an Ed25519 public key. `signature` is that key's
/// (RFC 8032) over these four lines, each ended by LF: `connection-gateway audit checkpoint 1`, and the checkpoint's own
/// `time`, `seq` and `prev` as they stand in it. It vouches for itself and, through `prev`, for every line before it.
///
/// The writer, if it has a key, writes one after every 100th record since the last one, 10 seconds after the first record since
/// the last one at the latest, and right after `closed`. A reader doesn't ask for that: a log may have been written without a key.
///
/// ## What the records say
///
/// An `opened` begins a file or a run of the process, a `closed` ends one in good order. An `outcome` belongs to the oldest
/// `intent` without one that has the same `requestId` and `connectionId`. A `recovered` closes the intent whose `seq` is
/// `recovers`: its process died before the outcome was on disk. `openIntents` says how many intents in the files before had
/// neither. A `denied` is one refused call; a `suppressed` counts refused calls of a client since `since` that have no
/// `denied` of their own. `time` is what the gateway's clock said, which may have been set back.
package struct AuditRecord: Sendable, Equatable {
  /// Why the record is written.
  package enum Stage: String, Sendable, CaseIterable {
    /// The file's first record of a run, and the last of a graceful stop or a rotation.
    case opened, closed
    /// A call is about to be sent to AWS.
    case intent
    /// What became of it.
    case outcome
    /// A call refused before any intent.
    case denied
    /// Refusals that a flood made too many to write one by one, counted.
    case suppressed
    /// An intent found at start without its outcome: the process died. It is closed as `unknown`.
    case recovered
    /// A signature over the chain so far.
    case checkpoint
  }

  /// How many bytes a line may have, its LF included.
  package static let lineLimit = 1 << 20

  package let stage: Stage
  package var requestID: RequestID?
  package var action: AuditAction?
  package var connectionID: ConnectionID?
  /// The path of a denied call that named no valid connection.
  package var path: String?
  package var caller: Caller?
  package var client: Client?
  package var userAgent: String?
  package var reason: String?
  package var result: AuditResult?
  /// The number of the intent that a `recovered` record closes.
  package var recovers: Int64?
  package var suppression: Suppression?
  package var checkpoint: Checkpoint?
  package var bounds: AuditBounds?

  package init(stage: Stage) {
    self.stage = stage
  }

  /// The line as it is written, its LF included.
  ///
  /// - Parameter previous: the SHA-256 of the line before, in hex.
  package func line(time: Timestamp, sequence: Int64, previous: String) -> [UInt8] {
    var line = JSONObjectWriter(capacity: 768)
    line.add("time", time.iso8601Microseconds)
    line.add("seq", sequence)
    line.add("stage", stage.rawValue)
    line.add("requestId", requestID?.description)
    line.add("action", action?.rawValue)
    line.add("connectionId", connectionID?.description)
    line.add("path", path)
    if let caller {
      line.add("caller") {
        $0.add("token", caller.tokenID)
        $0.add("name", caller.name)
      }
    }
    if let client {
      line.add("client") {
        $0.add("address", client.address)
        $0.add("peer", client.peer)
        $0.add("userAgent", userAgent)
      }
    } else if let suppression {
      line.add("client") { $0.add("address", suppression.address) }
    }
    line.add("reason", reason)
    line.add("httpStatus", result.map { Int64($0.httpStatus) })
    line.add("code", result?.code?.rawValue)
    line.add("outcome", outcome?.rawValue)
    line.add("aws", result?.aws?.json(withMessage: false))
    line.add("tries", result.flatMap { $0.attempts.count > 1 ? .array($0.attempts.map(\.json)) : nil })
    line.add("sharedWith", result?.sharedWith?.description)
    line.add("accessKeyId", result?.accessKeyID)
    line.add("durationMs", result?.durationMilliseconds)
    line.add("recovers", recovers)
    line.add("count", suppression?.count)
    line.add("since", suppression?.since.iso8601Microseconds)
    line.add("keyId", checkpoint?.keyID)
    line.add("signature", checkpoint?.signature)
    line.add("instance", bounds?.instance)
    line.add("version", bounds?.version)
    line.add("previousFile", bounds?.previousFile)
    line.add("openIntents", bounds?.openIntents.map { Int64($0) })
    line.add("prev", previous)
    return line.bytes(endingWith: "\n")
  }

  private var outcome: Outcome? {
    stage == .recovered ? .unknown : result?.outcome
  }
}
