/// Where audit records are kept. `AuditLog` writes them to a file; tests keep them in memory.
package protocol AuditJournal: Sendable {
  /// Returns once the record is on disk, to stay there. Of a `denied` record, which a flood may have made one too many, it
  /// is enough that it is counted (`RefusalLimiter`).
  ///
  /// - Throws: `AuditUnavailable` if it isn't, or if that can't be known.
  func append(_ record: AuditRecord) async throws(AuditUnavailable)
}

/// The audit log can't be written.
package struct AuditUnavailable: Error, Sendable, Equatable {
  /// For the log and for whoever runs the gateway; not for callers.
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }
}
