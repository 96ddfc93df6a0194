package import Clocks

/// Where audit records are kept. `AuditLog` writes them to a file; tests keep them in memory.
package protocol AuditJournal: Sendable {
  /// Returns once the record is on disk, to stay there. Of a `denied` record, which a flood may have made one too many, it
  /// is enough that it is counted (`RefusalLimiter`).
  ///
  /// - Parameter deadline: how long a slow disk is waited for; `nil` for as long as it takes.
  /// - Throws: `AuditUnavailable` if it isn't, or if that can't be known. An intent that gets on disk after its deadline is
  ///   closed there as not sent.
  func append(_ record: AuditRecord, by deadline: MonotonicClock.Instant?) async throws(AuditUnavailable)
}

extension AuditJournal {
  /// Waits as long as it takes.
  package func append(_ record: AuditRecord) async throws(AuditUnavailable) {
    try await append(record, by: nil)
  }
}

/// The audit log can't be written.
package struct AuditUnavailable: Error, Sendable, Equatable {
  /// For the log and for whoever runs the gateway; not for callers.
  package let reason: String
  /// Whether the record may get there yet.
  package let isUndecided: Bool

  package init(_ reason: String, isUndecided: Bool = false) {
    self.reason = reason
    self.isUndecided = isUndecided
  }
}
