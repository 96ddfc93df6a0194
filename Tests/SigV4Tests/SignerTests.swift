import Clocks
import SigV4
import Testing

@Suite("Signer")
struct SignerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var method = "PUT"
    let host: String
    let path: String
    var body = ""
    let accessKeyID: String
    let secret: String
    var token: String?
    let region: String
    let seconds: Int64
    let date: String
    let signature: String

    var testDescription: String { "\(accessKeyID) at \(date)" }
  }

  /// Made with botocore 1.43: `SigV4Auth(Credentials(…), "es", region).add_auth(AWSRequest(…))`, its clock set to
  /// `seconds`.
  static let rows = [
    Row(
      host: "es.eu-west-1.amazonaws.com", path: reject(String(repeating: "a", count: 256)),
      accessKeyID: "AKIDEXAMPLE0", secret: "not-a-real-secret/number+0", region: "eu-west-1", seconds: 951_782_400,
      date: "20000229T000000Z", signature: "05da21d9e428e93ac866697894d34a61190f2119da9212b4d3ef83e394531e0d"),
    Row(
      host: "es.us-gov-west-1.amazonaws.com", path: reject("s6pycdybk1"), accessKeyID: "AKIDEXAMPLE1",
      secret: "not-a-real-secret/number+1", token: "not/a/real+session+token==1", region: "us-gov-west-1",
      seconds: 1_456_704_001, date: "20160229T000001Z",
      signature: "d1c7a12e72c8a1acb38cfd634ff49de32f98504bc27037dfb4d3e9003e1219f3"),
    Row(
      host: "es.cn-north-1.amazonaws.com", path: "/base" + reject("p5oxtz7q74s"), accessKeyID: "AKIDEXAMPLE2",
      secret: "not-a-real-secret/number+2", region: "cn-north-1", seconds: 4_107_542_399, date: "21000228T235959Z",
      signature: "ff54cd7b0c5f3129d5032672f084a55daf7cb6e46c2b66b075824ce6debb4f9a"),
    Row(
      host: "es.ap-southeast-5.amazonaws.com", path: "/a%20b/%7Ec" + reject("kiz7x1o9ro5nzqdg2w3ll9tzql8-i1-n2f-v"),
      accessKeyID: "AKIDEXAMPLE3", secret: "not-a-real-secret/number+3", token: "not/a/real+session+token==3",
      region: "ap-southeast-5", seconds: 1_795_363_200, date: "20261122T160000Z",
      signature: "57815112f9d8235e4167593da4c58ad8f823feb00c77538a8e216e3675779066"),
    Row(
      host: "es.eu-west-1.amazonaws.com", path: reject("k0i3-xx0bz"), accessKeyID: "AKIDEXAMPLE4",
      secret: "not-a-real-secret/number+4", region: "eu-west-1", seconds: 0, date: "19700101T000000Z",
      signature: "6b1994aba4fc38caa2a564f93f7f382c55be627f288a36f3d4d953f997075a3a"),
    Row(
      host: "127.0.0.1:4566", path: reject("g1kir0gshyl5sn3pkzjli-4u"), accessKeyID: "AKIDEXAMPLE5",
      secret: "not-a-real-secret/number+5", token: "not/a/real+session+token==5", region: "us-gov-west-1",
      seconds: 1_767_225_599, date: "20251231T235959Z",
      signature: "02bbaa02d31b14139c5ce2d01f36a23f3e610c2b4bed454c2874115c612a5dcb"),
    Row(
      method: "POST", host: "es.cn-north-1.amazonaws.com",
      path: "/2021-01-01/opensearch/cc/inboundConnection/search", body: "{\"MaxResults\":1}",
      accessKeyID: "AKIDEXAMPLE6", secret: "not-a-real-secret/number+6", region: "cn-north-1", seconds: 1_767_225_600,
      date: "20260101T000000Z", signature: "a6e4b10d2843f8a5a8eaba916aa2e3275f37b2c1bb337063d3e63c0ddd1d4199"),
    Row(
      host: "es.ap-southeast-5.amazonaws.com",
      path: "/a%20b/%7Ec" + reject("y3nwk0do4ue11rb4pvp3bn880pz-cy-7-ibbtdd0"), accessKeyID: "AKIDEXAMPLE7",
      secret: "not-a-real-secret/number+7", token: "not/a/real+session+token==7", region: "ap-southeast-5",
      seconds: 1_795_449_599, date: "20261123T155959Z",
      signature: "8b263dd1ddf52479f9e8596c6841f20c4f2432e313fc770504f9cccba7588830"),
  ]

  private static func reject(_ id: String) -> String {
    "/2021-01-01/opensearch/cc/inboundConnection/\(id)/reject"
  }

  @Test("A request is signed as botocore signs it", arguments: rows)
  func botocore(_ row: Row) {
    let signed = sign(row, by: Signer(region: row.region, service: "es"))
    let headers = row.token == nil ? "host;x-amz-date" : "host;x-amz-date;x-amz-security-token"
    let scope = "\(row.date.prefix(8))/\(row.region)/es/aws4_request"
    #expect(
      signed["authorization"]
        == "AWS4-HMAC-SHA256 Credential=\(row.accessKeyID)/\(scope), SignedHeaders=\(headers), "
        + "Signature=\(row.signature)"
    )
    #expect(signed["x-amz-date"] == row.date)
    #expect(signed["x-amz-security-token"] == row.token)
    #expect(signed.count == (row.token == nil ? 2 : 3))
  }

  @Test("The test suite's post-sts-header-before, with its session token, has the published signature")
  func sessionToken() throws {
    let token =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUu"
      + "wthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQc"
      + "HNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/"
      + "oLxBA=="
    let credentials = SigningCredentials(
      accessKeyID: Example.accessKeyID, secretAccessKey: Secret(Example.secret), sessionToken: Secret(token))
    let signed = Signer(region: "us-east-1", service: "service").sign(
      method: "POST", host: "example.amazonaws.com", path: "/", body: [], credentials: credentials, time: Example.time)
    let value = try #require(signed.first { $0.name == "authorization" }?.value)
    #expect(
      Authorization(headerValue: value)?.signature == "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
    )
  }

  @Test("One signer signs for changing days and credentials as fresh signers would")
  func changing() {
    let signer = Signer(region: "us-east-1", service: "service")
    let other = SigningCredentials(accessKeyID: "OTHER", secretAccessKey: Secret("other"))
    let midnight = Timestamp(seconds: 1_440_979_200)
    for (credentials, time) in [
      (Example.credentials, Example.time), (Example.credentials, midnight), (other, midnight), (other, Example.time),
      (Example.credentials, Example.time),
    ] {
      let fresh = Signer(region: "us-east-1", service: "service")
      #expect(authorization(signer, credentials, time) == authorization(fresh, credentials, time))
    }
  }

  @Test("Many tasks at once get the one right signature each, over midnight as well")
  func concurrent() async {
    let signer = Signer(region: "us-east-1", service: "service")
    let start = Timestamp(seconds: 1_440_979_200 - 50)
    await withTaskGroup(of: (Int64, String?).self) { group in
      for index in Int64(0)..<100 {
        group.addTask {
          (index, authorization(signer, Example.credentials, start.advanced(by: .seconds(index))))
        }
      }
      for await (index, value) in group {
        let fresh = Signer(region: "us-east-1", service: "service")
        #expect(value == authorization(fresh, Example.credentials, start.advanced(by: .seconds(index))))
      }
    }
  }

  private func sign(_ row: Row, by signer: Signer) -> [String: String] {
    let credentials = SigningCredentials(
      accessKeyID: row.accessKeyID, secretAccessKey: Secret(row.secret), sessionToken: row.token.map(Secret.init))
    let headers = signer.sign(
      method: row.method, host: row.host, path: row.path, body: Array(row.body.utf8), credentials: credentials,
      time: Timestamp(seconds: row.seconds))
    return Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first }
  }

  private func authorization(_ signer: Signer, _ credentials: SigningCredentials, _ time: Timestamp) -> String? {
    signer.sign(
      method: "GET", host: "example.amazonaws.com", path: "/", body: [], credentials: credentials, time: time
    ).last?.value
  }
}
