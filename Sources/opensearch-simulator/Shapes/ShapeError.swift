/// JSON that isn't of the shape it should have.
struct ShapeError: Error, Equatable {
  /// Where it is wrong and what has to stand there.
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
