import AuditLog
import Clocks
import GatewayCore
import Glibc

/// What `doctor` says of the two files, from looking alone.
enum FileChecks {
  /// An audit log up to this size is read through, in bytes: a few seconds' work.
  private static let readableSize = 16 << 20
  /// The audit log's file system should have so much room left, in bytes.
  private static let neededRoom: UInt64 = 64 << 20

  static func tokens(path: String, now: Timestamp) -> DoctorReport.Check {
    do {
      return tokens(try TokensFile(path: path).read(of: geteuid()).tokens, path: path, now: now)
    } catch {
      return .init("tokens", .problem, "\(error)")
    }
  }

  /// The same, of what was read.
  static func tokens(_ tokens: [TokenEntry], path: String, now: Timestamp) -> DoctorReport.Check {
    let expiries = TokenExpiries(tokens, at: now)
    let text = "\(path) has \(counted(tokens.count, "token")), \(expiries.expired) expired"
    let remedy = "'connection-gateway token create' makes new ones"
    guard tokens.count > expiries.expired else {
      return .init("tokens", .problem, "\(text): every call is refused; \(remedy)")
    }
    guard expiries.expiring == 0 else {
      return .init(
        "tokens", .warning,
        "\(text), \(expiries.expiring) that will within 14 days and weren't replaced; 'connection-gateway token list' "
          + "shows which, and 'token rotate' makes the ones after them")
    }
    return .init("tokens", .ok, text)
  }

  static func audit(path: String) -> DoctorReport.Check {
    let folder = path.folderPath
    // With the dot, what isn't a folder is refused as well.
    if let reason = refusal("\(folder)/.", W_OK | X_OK) {
      return .init(
        "audit", .problem,
        "\(folder), where its files are made, can't be used by this user: \(reason); make it, and let him write there")
    }
    var status = stat()
    let exists = lstat(path, &status) == 0
    if exists, stat(path, &status) != 0 {
      return .init("audit", .problem, "\(path) is a link that leads to no file; make the file, or name another one")
    }
    if exists, status.st_mode & S_IFMT != S_IFREG {
      return .init("audit", .problem, "\(path) isn't a regular file; name another one")
    }
    if exists, let reason = refusal(path, R_OK | W_OK) {
      return .init("audit", .problem, "\(path) can't be read and written by this user: \(reason)")
    }
    let content = exists ? content(of: path, size: Int(status.st_size)) : missing(path)
    guard content.status == .ok else { return content }
    if exists, status.st_mode & 0o137 != 0 {
      let mode = String(status.st_mode & 0o777, radix: 8)
      return .init(
        "audit", .warning, "\(content.detail), and has the mode 0\(mode), which lets others in; chmod 0640 it")
    }
    guard let room = room(in: folder), room < neededRoom else { return content }
    return .init(
      "audit", .warning,
      "\(content.detail); only \(room >> 20) MiB are left there, and without room every call is refused")
  }

  private static func missing(_ path: String) -> DoctorReport.Check {
    .init("audit", .ok, "\(path) isn't there yet; the gateway makes it")
  }

  private static func content(of path: String, size: Int) -> DoctorReport.Check {
    guard size <= readableSize else {
      return .init(
        "audit", .ok,
        "\(path) has \(size >> 20) MiB and wasn't read through; 'connection-gateway audit verify' does that")
    }
    do throws(AuditVerification.Unreadable) {
      var report = try AuditVerification.verify([path])
      // A gateway that runs may be in the middle of a write: a moment later that is over.
      for _ in 0..<5 where report.tornLine != nil {
        usleep(50_000)
        report = try AuditVerification.verify([path])
      }
      return audit(report, path: path)
    } catch {
      return .init("audit", .problem, "\(path) can't be read: \(error.reason)")
    }
  }

  /// The same, of what was read.
  static func audit(_ report: ChainReport, path: String) -> DoctorReport.Check {
    if let firstBreak = report.firstBreak {
      return .init(
        "audit", .problem,
        "\(path), line \(firstBreak.line): \(firstBreak.what); leave it as it is, give --audit-log a new file beside it, and "
          + "find out who wrote there")
    }
    if let tornLine = report.tornLine {
      guard report.count > 0 || tornLine.mayBeRecord else {
        return .init("audit", .problem, "\(path) is no audit log; leave it as it is, and give --audit-log another file")
      }
      return .init(
        "audit", .warning,
        "\(path) ends in a torn line, as after a power cut; the gateway sets it aside at its next start, and "
          + "'connection-gateway audit verify' shows it")
    }
    return .init("audit", .ok, "\(path) is whole, with \(counted(report.count, "record"))")
  }

  static func auditSigningKey(path: String) -> DoctorReport.Check {
    let name = "audit-signing-key"
    do {
      return .init(name, .ok, "\(path): the key \(try SigningKeyFile(path: path).read().keyID)")
    } catch {
      return .init(name, .problem, "\(error)")
    }
  }

  /// What is left for this user, in bytes.
  private static func room(in folder: String) -> UInt64? {
    var status = statvfs()
    return statvfs(folder, &status) == 0 ? UInt64(status.f_bavail) * UInt64(status.f_frsize) : nil
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// Why this user hasn't the access; `nil` if he has.
  private static func refusal(_ path: String, _ mode: Int32) -> String? {
    guard faccessat(AT_FDCWD, path, mode, AT_EACCESS) != 0 else { return nil }
    return String(cString: strerror(errno))
  }
}
