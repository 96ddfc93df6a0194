package import GatewayCore

/// What `doctor` found.
package struct DoctorReport: Sendable, Equatable {
  /// One thing that was looked at.
  package struct Check: Sendable, Equatable {
    package enum Status: String, Sendable {
      case ok, warning, problem
    }

    package let name: String
    package let status: Status
    /// What was found, and what to do about it. Never a secret.
    package let detail: String

    /// - Parameter detail: made one line, whatever others' words in it have in them.
    package init(_ name: String, _ status: Status, _ detail: String) {
      self.name = name
      self.status = status
      self.detail = String(
        String.UnicodeScalarView(
          detail.unicodeScalars.map { $0.isPrintable ? $0 : " " }))
    }
  }

  /// Where the credentials come from.
  package struct Credentials: Sendable, Equatable {
    package let source: String
    package let accessKeyID: String
    /// ISO 8601; `nil` if they don't expire.
    package let expiresAt: String?

    package init(source: String, accessKeyID: String, expiresAt: String?) {
      self.source = source
      self.accessKeyID = accessKeyID
      self.expiresAt = expiresAt
    }
  }

  package var region: String?
  package var endpoint: String?
  package var credentials: Credentials?
  package var checks: [Check] = []

  package init() {}

  /// Whether the gateway can do its job, as far as can be told.
  package var isHealthy: Bool {
    !checks.contains { $0.status == .problem }
  }

  /// One object; what isn't known is null.
  package var json: JSON {
    .object([
      ("region", region.map(JSON.string) ?? .null),
      ("endpoint", endpoint.map(JSON.string) ?? .null),
      (
        "credentials",
        .object([
          ("source", credentials.map { .string($0.source) } ?? .null),
          ("accessKeyId", credentials.map { .string($0.accessKeyID) } ?? .null),
          ("expiresAt", credentials?.expiresAt.map(JSON.string) ?? .null),
        ])
      ),
      (
        "checks",
        .array(
          checks.map {
            .object([
              ("name", .string($0.name)), ("status", .string($0.status.rawValue)), ("detail", .string($0.detail)),
            ])
          })
      ),
    ])
  }

  /// A line a check.
  package var text: String {
    let width = checks.map(\.name.count).max() ?? 0
    return checks.map { check in
      let status = check.status.rawValue
      return status + String(repeating: " ", count: 9 - status.count) + check.name
        + String(repeating: " ", count: width - check.name.count + 2) + check.detail
    }.joined(separator: "\n")
  }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      self == " "
    default: true
    }
  }
}
