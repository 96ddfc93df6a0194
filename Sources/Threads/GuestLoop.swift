/// A loop that runs others' work beside its own.
///
/// What hands much to one another is best run by one thread: each change of threads takes system calls, and memory that one
/// thread takes and another gives back takes locks.
package protocol GuestLoop: Sendable {
  /// Runs the guest from now on.
  func admit(_ guest: any LoopGuest)

  /// Has it run soon. From any thread.
  func call(_ guest: any LoopGuest)

  /// Doesn't run the guest any more. Returns once it isn't run. Not for the loop's own thread.
  func dismiss(_ guest: any LoopGuest)
}

/// What a `GuestLoop` runs, on its own thread alone.
package protocol LoopGuest: AnyObject, Sendable {
  /// It is run whenever this is readable.
  var descriptor: Int32 { get }

  /// Does what there is to do, and never waits.
  ///
  /// - Returns: after how long to run it again, though nothing else happens; `nil` if there is no need to.
  func run() -> Duration?
}
