/// Where a page of a search begins.
struct PageStart: Sendable, Equatable {
  /// The serial number of the last connection before it; 0 for none.
  var after = 0
  /// How many pages came before it.
  var turn = 0
}
