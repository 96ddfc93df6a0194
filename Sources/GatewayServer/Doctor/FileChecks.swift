import AuditLog
import Clocks
import GatewayCore
import Glibc

/// What `doctor` says of the two files, from looking alone.
enum FileChecks {
  /// Tokens that end within this time are warned of.
  private static let soon = Duration.seconds(14 * 86_400)

  static func tokens(path: String, now: Timestamp) -> DoctorReport.Check {
    let name = "tokens"
    do {
      let tokens = try TokensFile(path: path).read().tokens
      let expired = tokens.count { $0.isExpired(at: now) }
      let expiring = tokens.count { $0.isExpired(at: now.advanced(by: soon)) } - expired
      let text = "\(path): \(tokens.count) tokens, \(expired) expired, \(expiring) that expire within 14 days"
      guard tokens.count > expired else {
        return .init(name, .problem, "\(text); make one with 'connection-gateway token create'")
      }
      return .init(name, expiring > 0 ? .warning : .ok, text)
    } catch {
      return .init(name, .problem, "\(error)")
    }
  }

  static func audit(path: String) -> DoctorReport.Check {
    let name = "audit"
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard access(folder, W_OK | X_OK) == 0 else {
      return .init(name, .problem, "the folder \(folder) can't be written to by this user: \(systemReason())")
    }
    guard access(path, F_OK) == 0 else { return .init(name, .ok, "\(path) isn't there yet; the gateway makes it") }
    guard access(path, R_OK | W_OK) == 0 else {
      return .init(name, .problem, "\(path) can't be read and written by this user: \(systemReason())")
    }
    do {
      let report = try AuditVerification.verify([path])
      if let firstBreak = report.firstBreak {
        return .init(name, .problem, "\(path), line \(firstBreak.line): \(firstBreak.what)")
      }
      let torn = report.tornLine == nil ? "" : ", and a torn last line"
      return .init(name, .ok, "\(path): whole, \(report.count) records\(torn)")
    } catch {
      return .init(name, .problem, "\(path) can't be read: \(error.reason)")
    }
  }

  static func auditSigningKey(path: String) -> DoctorReport.Check {
    let name = "audit-signing-key"
    do {
      return .init(name, .ok, "\(path): the key \(try SigningKeyFile(path: path).read().keyID)")
    } catch {
      return .init(name, .problem, "\(error)")
    }
  }

  private static func systemReason() -> String {
    String(cString: strerror(errno))
  }
}
