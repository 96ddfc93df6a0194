/// How many elements the first one in a mailbox waits for, and how long.
package struct Company: Equatable, Sendable {
  /// The first one waits for nobody.
  package static let none = Company(count: 1, nanoseconds: 0)

  /// With so many elements the wait is over.
  package let count: Int
  package let nanoseconds: Int

  package init(count: Int, nanoseconds: Int) {
    self.count = count
    self.nanoseconds = nanoseconds
  }
}
