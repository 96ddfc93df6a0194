import Glibc

/// What the process's limit on open files is used for, settled before the first connection: so that a crowd of callers never
/// takes what the audit log or a call to AWS needs.
struct DescriptorPlan: Equatable {
  /// For files, logs, pipes, epoll sets, credentials and the like.
  static let spare = 128
  /// Fewer connections than this aren't worth starting for.
  static let fewestConnections = 16

  /// The public listener's connections that there is room for.
  let connections: Int
  /// What the limit has to be at the least.
  let limit: Int

  /// What the limit has to be for there to be a plan.
  static func least(connections wanted: Int, adminConnections: Int, upstreamConnections: Int) -> Int {
    adminConnections + upstreamConnections + spare + min(wanted, fewestConnections)
  }

  /// - Parameters:
  ///   - wanted: the connections that the settings ask for.
  ///   - adminConnections: the admin listener's.
  ///   - upstreamConnections: those to AWS, in use or kept.
  ///   - available: the largest limit that can be had.
  /// - Returns: `nil` if there isn't room for the fewest connections.
  init?(connections wanted: Int, adminConnections: Int, upstreamConnections: Int, available: Int) {
    let others = adminConnections + upstreamConnections + Self.spare
    let least = Self.least(
      connections: wanted, adminConnections: adminConnections, upstreamConnections: upstreamConnections)
    guard available >= least else { return nil }
    connections = min(wanted, available - others)
    limit = others + connections
  }
}

/// The process's limit on open files (`RLIMIT_NOFILE`).
enum DescriptorLimit {
  /// The largest that the process can give itself.
  static var available: Int {
    Int(min(current.rlim_max, rlim_t(Int32.max)))
  }

  /// Raises the limit to this, if it is lower. It is never lowered.
  ///
  /// - Returns: whether it is as large now.
  static func raise(to limit: Int) -> Bool {
    var wanted = current
    guard wanted.rlim_cur < rlim_t(limit) else { return true }
    wanted.rlim_cur = rlim_t(limit)
    return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0
  }

  private static var current: rlimit {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return rlimit() }
    return limit
  }
}
