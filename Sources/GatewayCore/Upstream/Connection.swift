/// An inbound connection as AWS tells of it (AWS API reference: `InboundConnection`). What AWS leaves out is `nil`.
///
/// A class, though nothing in it changes: reports, problems and answers have it, and every function of a call has those.
package final class Connection: Sendable, Equatable {
  /// One side of the connection (`AWSDomainInformation`).
  package struct Domain: Sendable, Equatable {
    package let ownerID: String?
    package let name: String?
    package let region: String?

    package init(ownerID: String?, name: String?, region: String?) {
      self.ownerID = ownerID
      self.name = name
      self.region = region
    }
  }

  package let id: String
  /// AWS's `StatusCode`; one that AWS adds tomorrow passes through.
  package let status: String?
  package let statusMessage: String?
  package let mode: String?
  package let local: Domain?
  package let remote: Domain?

  package init(
    id: String, status: String?, statusMessage: String?, mode: String?, local: Domain?, remote: Domain?
  ) {
    self.id = id
    self.status = status
    self.statusMessage = statusMessage
    self.mode = mode
    self.local = local
    self.remote = remote
  }

  package static func == (left: Connection, right: Connection) -> Bool {
    left.id == right.id && left.status == right.status && left.statusMessage == right.statusMessage
      && left.mode == right.mode && left.local == right.local && left.remote == right.remote
  }

  /// Whether it shows that a reject was taken.
  package var isRejected: Bool {
    status == "REJECTING" || status == "REJECTED"
  }

  /// Whether AWS takes a reject for it: as far as is known, only while it awaits acceptance.
  package var awaitsAcceptance: Bool {
    status == "PENDING_ACCEPTANCE"
  }

  /// As it stands in the gateway's answers.
  package var json: JSON {
    .object([
      ("id", .string(id)),
      ("status", status.map(JSON.string)),
      ("statusMessage", statusMessage.map(JSON.string)),
      ("mode", mode.map(JSON.string)),
      ("local", local.map(\.json)),
      ("remote", remote.map(\.json)),
    ])
  }
}

extension Connection.Domain {
  fileprivate var json: JSON {
    .object([
      ("ownerId", ownerID.map(JSON.string)),
      ("domainName", name.map(JSON.string)),
      ("region", region.map(JSON.string)),
    ])
  }
}
