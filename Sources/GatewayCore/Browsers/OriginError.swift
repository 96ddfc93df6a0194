/// Why a text isn't an origin, and what to write.
package struct OriginError: Error, Sendable, Equatable {
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }
}
