import Glibc

/// What the environment says of the sockets that a service manager passes: `LISTEN_PID` and `LISTEN_FDS`
/// (sd_listen_fds(3)).
package struct PassedSockets: Sendable, Equatable {
  /// For this process alone: no child gets them.
  package static let variables: Set = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

  private let process: String?
  private let count: String?

  package init(environment: [String: String]) {
    process = environment["LISTEN_PID"]
    count = environment["LISTEN_FDS"]
  }

  /// The descriptors that this process was passed.
  package func descriptors(process own: Int32 = getpid()) -> Range<Int32> {
    let first = ListenAddress.firstInherited
    guard process == String(own), let count = count.flatMap({ Int32($0) }), (1...1024).contains(count) else {
      return first..<first
    }
    return first..<first + count
  }

  /// Why the descriptor isn't this process's to use; `nil` if it is, or if nothing is said: another parent than a service
  /// manager need not set the variables.
  func objection(to descriptor: Int32, process own: Int32 = getpid()) -> String? {
    guard process != nil || count != nil else { return nil }
    guard let process, let count else { return "of LISTEN_PID and LISTEN_FDS only one is set" }
    guard process == String(own) else {
      return "LISTEN_PID is \(process), so that the sockets are for another process than this one, \(own)"
    }
    guard descriptors(process: own).contains(descriptor) else {
      return "LISTEN_FDS is \(count), so that it isn't one of the sockets that were passed"
    }
    return nil
  }
}
