import CMicroHTTPD
import Glibc

/// A socket that another process opened, listens on and may go on with: systemd's (systemd.socket(5)), or a parent's.
enum InheritedSocket {
  /// Where it listens. From now on no child of ours inherits it.
  ///
  /// - Throws: `ListenError`: it isn't a stream socket that listens on an address of IPv4, IPv6 or UNIX, or isn't ours.
  static func address(of descriptor: Int32, passed: PassedSockets) throws(ListenError) -> ListenAddress {
    let address = ListenAddress.inherited(descriptor: descriptor)
    if let objection = passed.objection(to: descriptor) { throw ListenError(address, reason: objection) }
    guard let type = option(SO_TYPE, of: descriptor) else {
      let reason =
        switch errno {
        case EBADF: "no such descriptor was inherited"
        case ENOTSOCK: "it isn't a socket"
        default: String(cString: strerror(errno))
        }
      throw ListenError(address, reason: reason)
    }
    guard type == Int32(SOCK_STREAM.rawValue), let domain = option(SO_DOMAIN, of: descriptor),
      [AF_INET, AF_INET6, AF_UNIX].contains(domain), let name = SocketName.own(of: descriptor)
    else {
      throw ListenError(address, reason: "it isn't a stream socket of IPv4, IPv6 or UNIX that has an address")
    }
    guard option(SO_ACCEPTCONN, of: descriptor) == 1 else {
      throw ListenError(address, reason: "the socket \(name.address) doesn't listen; in a .socket unit: Accept=no")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return name.address
  }

  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
  }
}
