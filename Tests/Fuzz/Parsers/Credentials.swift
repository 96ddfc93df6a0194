import AWSSettings
import Clocks
import GatewayCore
import HTTPTypes
import SigV4

@testable import AWSCredentials

/// What gives credentials: STS, a container's endpoint, instance metadata, a process; and a token's file.
@Sendable func fuzzCredentials(_ bytes: [UInt8]) {
  let role = Role(arn: "arn:aws:iam::123456789012:role/gateway")
  if let answer = STSAnswer(bytes) {
    if let found = try? answer.credentials(of: role) { checkKeys(found) }
    _ = answer.callerARN
  }
  for status in [400, 503] {
    let failure = STSFailure(UpstreamResponse(status: status, fields: [:], body: bytes), hiding: [])
    promise(!failure.words.isEmpty && !failure.words.contains(where: \.isNewline), "a failure is one line")
    promise(failure.words.count <= 2 * 256 + 2, "a failure is short")
    promise(status != 503 || failure.isTransient, "a 5xx may pass")
  }
  if let document = try? CredentialsDocument.read(bytes), let found = try? document.credentials(source: "fuzz") {
    checkKeys(found)
  }
  guard let text = text(bytes) else { return }
  if let token = try? TokenFile.token(text, place: "fuzz") {
    let isOneLine = token.exposed.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    promise(!token.exposed.isEmpty && isOneLine, "a token fits into a header")
  }
  let environment = AWSEnvironment(["AWS_EC2_METADATA_SERVICE_ENDPOINT": text])
  if let endpoint = try? InstanceMetadataEndpoint(environment, nil) {
    promise(endpoint.url.utf8.isVisibleASCII && endpoint.host.utf8.isVisibleASCII, "an endpoint fits into a request")
  }
}

private func checkKeys(_ found: FoundCredentials) {
  let keys = found.credentials
  let values = [keys.accessKeyID, keys.secretAccessKey.exposed] + (keys.sessionToken.map { [$0.exposed] } ?? [])
  promise(values.allSatisfy { !$0.isEmpty && $0.utf8.isVisibleASCII }, "keys fit into headers")
  if let time = found.expiresAt {
    promise(Timestamp(iso8601: time.iso8601Microseconds) == time, "a time is read as it is written")
  }
}
