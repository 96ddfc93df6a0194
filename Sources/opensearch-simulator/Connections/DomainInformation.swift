import GatewayCore

/// One side of a connection (AWS API reference: `DomainInformationContainer`).
struct DomainInformation: Sendable, Equatable {
  let ownerID: String?
  let domainName: String?
  let region: String?

  var json: JSON {
    .object([
      (
        "AWSDomainInformation",
        .object([
          ("OwnerId", ownerID.map(JSON.string)),
          ("DomainName", domainName.map(JSON.string)),
          ("Region", region.map(JSON.string)),
        ])
      )
    ])
  }
}
