package import AWSCredentials
package import Clocks
package import GatewayCore
import HTTPTypes
import SigV4

/// Amazon OpenSearch Service's control plane, as far as a reject needs it.
package struct OpenSearchClient: RejectionService {
  /// The service's name in signatures.
  private static let signingName = "es"

  private let region: Region
  private let endpoint: Endpoint
  private let userAgent: String
  private let credentialsProvider: any CredentialsProvider
  private let transport: any HTTPTransport
  private let wallClock: WallClock
  private let clock: MonotonicClock
  private let signer: Signer

  package init(
    region: Region, endpoint: Endpoint, userAgent: String, credentials: any CredentialsProvider,
    transport: any HTTPTransport, wallClock: WallClock, clock: MonotonicClock
  ) {
    self.region = region
    self.endpoint = endpoint
    self.userAgent = userAgent
    self.credentialsProvider = credentials
    self.transport = transport
    self.wallClock = wallClock
    self.clock = clock
    self.signer = Signer(region: region.name, service: Self.signingName)
  }

  package func reject(
    _ connectionID: ConnectionID, under receipt: borrowing IntentReceipt, deadline: MonotonicClock.Instant
  ) async -> RejectionReport {
    guard clock.now() < deadline else { return report(.tooLate, AWSAnswer(attempts: 0)) }
    let credentials: SigningCredentials
    do {
      credentials = try await credentialsProvider.credentials()
    } catch {
      return report(.noCredentials, AWSAnswer(attempts: 0), cause: error.reason)
    }
    do {
      let response = try await transport.send(signedReject(connectionID, credentials), deadline: deadline)
      return report(on: response, about: connectionID, credentials)
    } catch {
      return report(error, accessKeyID: credentials.accessKeyID)
    }
  }

  /// `PUT /2021-01-01/opensearch/cc/inboundConnection/{ConnectionId}/reject`, with no body.
  private func signedReject(_ connectionID: ConnectionID, _ credentials: SigningCredentials) -> UpstreamRequest {
    let path = "\(endpoint.basePath)/2021-01-01/opensearch/cc/inboundConnection/\(connectionID)/reject"
    let signed = signer.sign(
      method: "PUT", host: endpoint.host, path: path, body: [], credentials: credentials, time: wallClock.now())
    return UpstreamRequest(
      method: "PUT", url: "\(endpoint.scheme)://\(endpoint.host)\(path)",
      fields: [("Host", endpoint.host), ("User-Agent", userAgent)] + signed, body: [])
  }

  private func report(
    on response: UpstreamResponse, about connectionID: ConnectionID, _ credentials: SigningCredentials
  ) -> RejectionReport {
    guard (200..<300).contains(response.status) else {
      let answer = AWSErrorParser.answer(from: response, attempts: 1) { Self.withoutSecrets($0, credentials) }
      return report(.refused, answer, accessKeyID: credentials.accessKeyID)
    }
    let answer = AWSAnswer(
      requestID: AWSErrorParser.requestID(of: response), httpStatus: response.status, attempts: 1)
    guard let connection = ConnectionAnswer.connection(in: response.body), connection.id == connectionID.description
    else {
      return report(
        .notUnderstood, answer, accessKeyID: credentials.accessKeyID,
        cause: "the body of a success isn't about the connection that was rejected")
    }
    return report(.accepted(connection), answer, accessKeyID: credentials.accessKeyID)
  }

  private func report(_ failure: TransportFailure, accessKeyID: String) -> RejectionReport {
    let answer = AWSAnswer(attempts: 1)
    return switch failure {
    case .notSent(let cause): report(.unreachable, answer, accessKeyID: accessKeyID, cause: cause)
    case .timedOut: report(.timedOut, answer, accessKeyID: accessKeyID)
    case .broken(let cause): report(.notUnderstood, answer, accessKeyID: accessKeyID, cause: cause)
    }
  }

  private func report(
    _ verdict: RejectionReport.Verdict, _ answer: AWSAnswer, accessKeyID: String? = nil, cause: String? = nil
  ) -> RejectionReport {
    RejectionReport(verdict: verdict, answer: answer, accessKeyID: accessKeyID, region: region.name, cause: cause)
  }

  /// When a signature doesn't match, AWS quotes the request it saw, session token and all.
  private static func withoutSecrets(_ message: String, _ credentials: SigningCredentials) -> String {
    [credentials.sessionToken?.exposed, credentials.secretAccessKey.exposed, credentials.accessKeyID]
      .compactMap { $0 }
      .reduce(message) { $0.split(separator: $1, omittingEmptySubsequences: false).joined(separator: "[redacted]") }
  }
}
