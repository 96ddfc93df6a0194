import AWSCredentials
import Clocks
import GatewayCore
import HTTPTypes
import SigV4
import Testing

@testable import OpenSearchClient

@Suite("OpenSearchClient")
struct OpenSearchClientTests {
  private static let success =
    #"{"Connection":{"ConnectionId":"k0i3-xx0bz","ConnectionStatus":{"StatusCode":"REJECTED"}}}"#

  @Test("The request is AWS's reject, with nothing in it that isn't needed, and botocore's signature")
  func request() async throws {
    let transport = FakeTransport(200, Self.success)
    let deadline = Sample.start + .seconds(9)
    _ = try await reject(transport, deadline: deadline)
    try #require(transport.sent.count == 1)
    // A fifth is kept back for look-ups.
    #expect(transport.sent[0].deadline == Sample.start + .milliseconds(7200))
    let sent = transport.sent[0]
    #expect(sent.request.method == "PUT")
    #expect(sent.request.url == "https://es.eu-west-1.amazonaws.com")
    #expect(sent.request.target == "/2021-01-01/opensearch/cc/inboundConnection/k0i3-xx0bz/reject")
    #expect(sent.request.body.isEmpty)
    #expect(sent.request.fields.map { $0.name.lowercased() } == ["host", "user-agent", "x-amz-date", "authorization"])
    #expect(sent.field("host") == "es.eu-west-1.amazonaws.com")
    #expect(sent.field("user-agent") == "connection-gateway/test")
    #expect(sent.field("x-amz-date") == "19700101T000000Z")
    // Made with botocore 1.43; a row of SignerTests.
    #expect(
      sent.field("authorization")
        == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE4/19700101/eu-west-1/es/aws4_request, "
        + "SignedHeaders=host;x-amz-date, Signature=6b1994aba4fc38caa2a564f93f7f382c55be627f288a36f3d4d953f997075a3a")
  }

  @Test("A custom endpoint's host, port and path are in the URL and in the signature")
  func customEndpoint() async throws {
    let transport = FakeTransport(200, #"{"Connection":{"ConnectionId":"p5oxtz7q74s"}}"#)
    let credentials = SigningCredentials(
      accessKeyID: "AKIDEXAMPLE2", secretAccessKey: Secret("not-a-real-secret/number+2"))
    let report = try await reject(
      transport, connectionID: "p5oxtz7q74s", credentials: FakeCredentials(.success(credentials)), region: "cn-north-1",
      endpointURL: "http://es.cn-north-1.amazonaws.com/base/", time: Timestamp(seconds: 4_107_542_399))
    let sent = try #require(transport.sent.first)
    #expect(sent.request.url == "http://es.cn-north-1.amazonaws.com")
    #expect(sent.request.target == "/base/2021-01-01/opensearch/cc/inboundConnection/p5oxtz7q74s/reject")
    #expect(
      sent.field("authorization")?.hasSuffix("ff54cd7b0c5f3129d5032672f084a55daf7cb6e46c2b66b075824ce6debb4f9a") == true
    )
    #expect(report.region == "cn-north-1")
  }

  @Test("A session token is sent and signed")
  func sessionToken() async throws {
    let transport = FakeTransport(200, Self.success)
    let credentials = SigningCredentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret"), sessionToken: Secret("to/ken"))
    _ = try await reject(transport, credentials: FakeCredentials(.success(credentials)))
    let sent = try #require(transport.sent.first)
    #expect(sent.field("x-amz-security-token") == "to/ken")
    #expect(sent.field("authorization")?.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,") == true)
  }

  @Test("A 2xx with the connection in it is a success", arguments: [200, 201, 202])
  func accepted(_ status: Int) async throws {
    let report = try await reject(FakeTransport(status, Self.success))
    let connection = Connection(
      id: Sample.connectionID, status: "REJECTED", statusMessage: nil, mode: nil, local: nil, remote: nil)
    #expect(
      report
        == RejectionReport(
          verdict: .accepted(connection), answer: AWSAnswer(requestID: "r-1", httpStatus: status, attempts: 1),
          attempts: [Attempt(operation: .reject, ending: .answered, requestID: "r-1", httpStatus: status)],
          accessKeyID: "AKIDEXAMPLE4", region: "eu-west-1"))
  }

  @Test(
    "A 2xx that isn't about the connection is not understood, and is no success",
    arguments: [
      "", "{}", "garbage", "<html></html>", #"{"Connection":{"ConnectionId":"another-one"}}"#, #"{"Connection":{}}"#,
    ])
  func notUnderstood(_ body: String) async throws {
    let report = try await reject(FakeTransport(200, body))
    #expect(report.verdict == .notUnderstood)
    #expect(report.answer == AWSAnswer(requestID: "r-1", httpStatus: 200, attempts: 1))
    #expect(report.attempts.first?.ending == .notUnderstood)
    #expect(report.cause != nil)
    #expect(report.accessKeyID == "AKIDEXAMPLE4")
  }

  @Test(
    "Both of AWS's 409s come back with the code that tells them apart",
    arguments: ["ResourceNotFoundException", "DisabledOperationException"])
  func bothConflicts(_ code: String) async throws {
    let fields: HTTPFields = [.amznErrorType: code, .amznRequestID: "r-1"]
    let report = try await reject(FakeTransport(409, #"{"message":"m"}"#, fields: fields))
    #expect(report.verdict == .refused)
    #expect(report.answer == AWSAnswer(code: code, message: "m", requestID: "r-1", httpStatus: 409, attempts: 1))
  }

  @Test(
    "Any other status is no success, even with a success's body, and without a code it isn't known what it means",
    arguments: [100, 199, 300, 301, 304, 400, 403, 404, 409, 429, 500, 503, 599])
  func otherStatus(_ status: Int) async throws {
    let transport = FakeTransport(status, Self.success)
    let report = try await reject(transport)
    #expect(report.verdict == .notUnderstood)
    #expect(report.answer.httpStatus == status)
    #expect(report.answer.attempts == 1)
    #expect(!transport.lookUps.isEmpty)
  }

  @Test("What the transport says of sent and not sent is kept")
  func failures() async throws {
    let unreachable = try await reject(FakeTransport(.failure(.notSent("no route"))))
    #expect(unreachable.verdict == .unreachable)
    #expect(unreachable.cause == "no route")
    let timedOut = try await reject(FakeTransport(.failure(.timedOut)))
    #expect(timedOut.verdict == .timedOut)
    let broken = try await reject(FakeTransport(.failure(.broken("reset"))))
    #expect(broken.verdict == .timedOut)
    #expect(broken.cause == "reset")
    let unknownHost = try await reject(FakeTransport(.failure(.unknownHost)))
    #expect(unknownHost.verdict == .unreachable)
    for report in [unreachable, timedOut, broken, unknownHost] {
      #expect(report.answer == AWSAnswer(attempts: 1))
      #expect(report.accessKeyID == "AKIDEXAMPLE4")
      #expect(report.region == "eu-west-1")
    }
  }

  @Test("With no time left, nothing is sent and no credentials are asked for", arguments: [0, -1, -3600])
  func tooLate(_ seconds: Int) async throws {
    let transport = FakeTransport(200, Self.success)
    let credentials = FakeCredentials(.success(Sample.credentials))
    let report = try await reject(transport, credentials: credentials, deadline: Sample.start + .seconds(seconds))
    #expect(report.verdict == .tooLate)
    #expect(report.answer == AWSAnswer(attempts: 0))
    #expect(report.accessKeyID == nil)
    #expect(transport.sent.isEmpty)
    #expect(credentials.timesAsked == 0)
  }

  @Test("Without credentials nothing is sent, least of all unsigned")
  func noCredentials() async throws {
    let transport = FakeTransport(200, Self.success)
    let report = try await reject(transport, credentials: FakeCredentials(.failure(CredentialsUnavailable("no keys"))))
    #expect(report.verdict == .noCredentials)
    #expect(report.answer == AWSAnswer(attempts: 0))
    #expect(report.accessKeyID == nil)
    #expect(report.cause == "no keys")
    #expect(transport.sent.isEmpty)
  }

  /// Where AWS's message may stand, and what may stand before the secrets in it.
  static let quotations: [(isJSON: Bool, before: Int)] = [
    (true, 0), (true, 1900), (false, 0), (false, 200), (false, 250),
  ]

  @Test("AWS's message is passed on without the keys that it quotes, wherever it is cut", arguments: quotations)
  func scrubbed(isJSON: Bool, before: Int) async throws {
    let token = "session/token+" + String(repeating: "t", count: 400) + "=="
    let credentials = SigningCredentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("very/secret+key"), sessionToken: Secret(token))
    let text =
      String(repeating: "x", count: before)
      + "x-amz-security-token:\(token) AKIDEXAMPLE very/secret+key \(token)\(token)"
    let transport = FakeTransport(403, isJSON ? "{\"message\":\"\(text)\"}" : text)
    let report = try await reject(transport, credentials: FakeCredentials(.success(credentials)))
    let message = try #require(report.answer.message)
    for part in ["session/", "tttttttt", "AKIDEXAMPLE", "very/secret+key"] {
      #expect(!message.contains(part))
    }
    #expect(report.accessKeyID == "AKIDEXAMPLE")
  }

  private func reject(
    _ transport: FakeTransport, connectionID: String = Sample.connectionID,
    credentials: FakeCredentials = FakeCredentials(.success(Sample.credentials)), region: String = "eu-west-1",
    endpointURL: String? = nil, time: Timestamp = Timestamp(seconds: 0),
    deadline: MonotonicClock.Instant = Sample.start + .seconds(15)
  ) async throws -> RejectionReport {
    var calls = Calls(transport)
    calls.credentials = credentials
    calls.region = region
    calls.endpointURL = endpointURL
    calls.wallClock = .fixed(time)
    calls.deadline = deadline
    return try await calls.reject(connectionID)
  }
}
