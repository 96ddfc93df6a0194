package import Clocks

/// What a `suppressed` record counts: the refusals of one client address that weren't written one by one.
package struct Suppression: Sendable, Equatable {
  /// Whose they were: an IPv4 address, an IPv6 network of 64 bits (`2001:db8::/64`), or `other`.
  package let address: String
  /// How many.
  package let count: Int64
  /// When the first of them came.
  package let since: Timestamp

  package init(address: String, count: Int64, since: Timestamp) {
    self.address = address
    self.count = count
    self.since = since
  }

  /// Its record.
  package var record: AuditRecord {
    var record = AuditRecord(stage: .suppressed)
    record.suppression = self
    return record
  }
}
