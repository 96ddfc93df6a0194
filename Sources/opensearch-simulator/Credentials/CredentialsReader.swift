import Clocks
import GatewayCore
import SigV4

/// Reads a list of accepted keys. What it says is wrong never has a key's secret in it.
enum CredentialsReader {
  static func credentials(_ body: [UInt8]) throws(ShapeError) -> [AcceptedCredentials] {
    guard case .array(let entries) = try Shape.value(body) else {
      throw ShapeError("it has to be a list of credentials")
    }
    return try entries.enumerated().map { entry throws(ShapeError) in
      try one(entry.element, at: "credentials \(entry.offset + 1)")
    }
  }

  private static func one(_ value: StrictValue, at place: String) throws(ShapeError) -> AcceptedCredentials {
    let shape = try Shape(value, at: place)
    try shape.allow(only: ["accessKeyId", "secretAccessKey", "sessionToken", "expiresAt"])
    guard let accessKeyID = try shape.string("accessKeyId"), !accessKeyID.isEmpty else {
      throw ShapeError("\(place) has to have an 'accessKeyId'")
    }
    guard let secret = try shape.string("secretAccessKey"), !secret.isEmpty else {
      throw ShapeError("\(place) has to have a 'secretAccessKey'")
    }
    let token = try shape.string("sessionToken")
    guard token?.isEmpty != true else { throw ShapeError("\(place): 'sessionToken' is empty") }
    let keys = SigningCredentials(
      accessKeyID: accessKeyID, secretAccessKey: Secret(secret), sessionToken: token.map { Secret($0) })
    return AcceptedCredentials(keys: keys, expiresAt: try expiry(shape, at: place))
  }

  private static func expiry(_ shape: Shape, at place: String) throws(ShapeError) -> Timestamp? {
    guard let text = try shape.string("expiresAt") else { return nil }
    guard let time = Timestamp(iso8601: text) else {
      throw ShapeError("\(place): 'expiresAt' has to be a time such as 2026-11-22T16:00:00Z")
    }
    guard shape.names.contains("sessionToken") else {
      throw ShapeError("\(place): 'expiresAt' needs a 'sessionToken'; keys without one don't expire")
    }
    return time
  }
}
