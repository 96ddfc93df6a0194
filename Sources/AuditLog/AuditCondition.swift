/// How the audit log is, for readiness, metrics and the log.
package struct AuditCondition: Sendable, Equatable {
  /// Why records can't be written; `nil` while they can, as far as is known.
  package internal(set) var failure: String?
  /// Why the records still go to a file that was moved away; `nil` if they don't.
  package internal(set) var whyNotReopened: String?
  /// What is free on the log's file system, in bytes; `nil` if that can't be told.
  package internal(set) var freeSpace: Int64?
  /// Whether that is less than the reserve.
  package internal(set) var isReserveLow = false
  /// `--audit-reserve`, in bytes.
  package let reserve: Int64

  init(reserve: Int64) {
    self.reserve = reserve
  }

  /// Takes in what is free now. Trouble is over once there is a little more than the reserve: one file more or less
  /// doesn't make it come and go.
  ///
  /// - Returns: whether it came or went.
  mutating func look(freeSpace: Int64?) -> Bool {
    let wasLow = isReserveLow
    self.freeSpace = freeSpace
    if let freeSpace { isReserveLow = freeSpace < reserve + (wasLow ? reserve / 8 : 0) }
    return isReserveLow != wasLow
  }
}
