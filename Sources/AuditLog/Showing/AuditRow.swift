/// One row: a call, from its intent to what closed it, or refusals.
struct AuditRow {
  enum State: String {
    /// A call with its outcome; or the outcome alone, where the intent isn't among what is read.
    case answered
    /// An intent, and no outcome so far.
    case open
    /// An intent whose process died before the outcome; or the record that says so alone.
    case recovered
    /// A call that was refused.
    case denied
    /// Refused calls that were counted.
    case suppressed
  }

  let state: State
  /// The first record, which says who wants what and why.
  let first: RecordReader
  /// The one that closes the call, which says what became of it; the first one, where there is just one.
  let last: RecordReader

  /// What became of it, in the audit's words.
  var outcome: String? {
    switch state {
    case .open: RowFilter.open
    case .suppressed: "not_sent"
    case .answered, .recovered, .denied: last.text(.outcome)
    }
  }
}
