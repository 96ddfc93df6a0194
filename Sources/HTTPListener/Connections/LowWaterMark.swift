import Glibc

/// How many bytes a socket waits for before it says that there is something to read (socket(7), `SO_RCVLOWAT`).
enum LowWaterMark {
  /// - Parameter count: of a body that isn't there; what comes of it bit by bit then wakes nobody. With the last of them, or
  ///   once there won't be more, it is read. 0 is after the last one: from then on each byte counts.
  static func set(_ count: Int, on socket: Int32) {
    var value = Int32(clamping: max(1, count))
    // Where it can't be had, as with UNIX sockets, each byte goes on counting.
    setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
