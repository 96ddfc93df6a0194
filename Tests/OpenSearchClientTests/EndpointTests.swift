import AWSCredentials
import OpenSearchClient
import Testing

@Suite("Endpoint")
struct EndpointTests {
  /// botocore 1.43's endpoint rules for `opensearch`, for each region its `partitions.json` has in these partitions.
  static let standard: [(suffix: String, regions: String)] = [
    (
      "amazonaws.com",
      """
      af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 \
      ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 \
      eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 \
      me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1
      """
    ),
    ("amazonaws.com.cn", "cn-north-1 cn-northwest-1"),
  ]

  @Test("A region's own endpoint is the one that botocore resolves", arguments: standard)
  func standardEndpoint(suffix: String, regions: String) throws {
    for region in regions.split(separator: " ") {
      let endpoint = try Self.endpoint([:], region: String(region))
      #expect(endpoint.scheme == "https")
      #expect(endpoint.host == "es.\(region).\(suffix)")
      #expect(endpoint.basePath == "")
      #expect(!endpoint.allowsPlainHTTP)
    }
  }

  @Test(
    "A partition whose suffix this version doesn't know is refused rather than guessed",
    arguments: [
      "us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1", "eu-isoe-west-1", "us-isof-east-1",
      "us-isof-south-1", "eusc-de-east-1",
    ])
  func otherPartition(_ region: String) throws {
    let error = try #require(throws: EndpointError.self) { try Self.endpoint([:], region: region) }
    #expect(error.reason.contains("AWS_ENDPOINT_URL_OPENSEARCH"))
    let custom = try Self.endpoint(["AWS_ENDPOINT_URL_OPENSEARCH": "https://es.example"], region: region)
    #expect(custom.host == "es.example")
  }

  struct URLForm: Sendable, CustomTestStringConvertible {
    let url: String
    let scheme: String
    let host: String
    var basePath = ""

    var testDescription: String { url }
  }

  static let forms = [
    URLForm(url: "https://es.example", scheme: "https", host: "es.example"),
    URLForm(url: "https://es.example/", scheme: "https", host: "es.example"),
    URLForm(url: "HTTPS://es.example//", scheme: "https", host: "es.example"),
    URLForm(url: "http://127.0.0.1:4566", scheme: "http", host: "127.0.0.1:4566"),
    URLForm(url: "https://es.example:443", scheme: "https", host: "es.example"),
    URLForm(url: "http://es.example:80/", scheme: "http", host: "es.example"),
    URLForm(url: "https://es.example:80", scheme: "https", host: "es.example:80"),
    URLForm(url: "http://es.example:443", scheme: "http", host: "es.example:443"),
    URLForm(url: "http://[::1]:4566", scheme: "http", host: "[::1]:4566"),
    URLForm(url: "https://[2001:db8::1]", scheme: "https", host: "[2001:db8::1]"),
    URLForm(url: "https://es.example/base", scheme: "https", host: "es.example", basePath: "/base"),
    URLForm(url: "https://es.example:8443/a/b/", scheme: "https", host: "es.example:8443", basePath: "/a/b"),
    URLForm(url: "https://es.example/a%20b/%7Ec", scheme: "https", host: "es.example", basePath: "/a%20b/%7Ec"),
  ]

  @Test("A custom URL's scheme, host, port and path are kept, less what means nothing", arguments: forms)
  func customURL(_ form: URLForm) throws {
    let endpoint = try Self.endpoint(["AWS_ENDPOINT_URL_OPENSEARCH": form.url])
    #expect(endpoint.scheme == form.scheme)
    #expect(endpoint.host == form.host)
    #expect(endpoint.basePath == form.basePath)
    #expect(endpoint.allowsPlainHTTP == (form.scheme == "http"))
  }

  @Test(
    "What isn't such a URL is refused, and the variable named",
    arguments: [
      "es.example", "//es.example", "ftp://es.example", "https://", "https:///path", "https:es.example",
      "https://user@es.example",
      "https://user:pass@es.example", "https://es.example?x=1", "https://es.example?", "https://es.example/#part",
      "https://es.example#", "https://es example", "https://es.example:port", "https://es.example:99999",
      " https://es.example",
      "https://es%0d%0aX.example", "https://es%20.example", "https://es%2f.example", "127.0.0.1:4566", "https://[::1",
    ])
  func malformedURL(_ url: String) throws {
    for variable in ["AWS_ENDPOINT_URL_OPENSEARCH", "AWS_ENDPOINT_URL"] {
      let error = try #require(throws: EndpointError.self) { try Self.endpoint([variable: url]) }
      #expect(error.variable == variable)
      #expect(!error.reason.contains("pass"))
    }
  }

  @Test("The service's own URL comes before the general one, and an empty one is none")
  func order() throws {
    var variables = [
      "AWS_ENDPOINT_URL_OPENSEARCH": "https://own.example", "AWS_ENDPOINT_URL": "https://general.example",
    ]
    #expect(try Self.endpoint(variables).host == "own.example")
    variables["AWS_ENDPOINT_URL_OPENSEARCH"] = ""
    #expect(try Self.endpoint(variables).host == "general.example")
  }

  @Test("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS leaves every custom URL aside", arguments: ["true", "TRUE"])
  func ignored(_ value: String) throws {
    let variables = [
      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": value, "AWS_ENDPOINT_URL_OPENSEARCH": "https://own.example",
      "AWS_ENDPOINT_URL": "not a URL",
    ]
    let profile = try Sample.profile("endpoint_url = https://profile.example")
    #expect(try Self.endpoint(variables, profile: profile).host == "es.eu-west-1.amazonaws.com")
  }

  @Test(
    "FIPS and dual stack aren't in this version, and are refused rather than left out",
    arguments: ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
  func variants(_ variable: String) throws {
    let error = try #require(throws: EndpointError.self) { try Self.endpoint([variable: "true"]) }
    #expect(error.variable == variable)
    #expect(try Self.endpoint([variable: "false"]).host == "es.eu-west-1.amazonaws.com")
  }

  @Test(
    "A profile that asks for another endpoint is refused rather than sent to AWS's own",
    arguments: [
      "endpoint_url = https://profile.example", "services = testing", "use_fips_endpoint = true",
      "use_dualstack_endpoint = true",
    ])
  func profile(_ setting: String) throws {
    let profile = try Sample.profile(setting)
    let error = try #require(throws: EndpointError.self) { try Self.endpoint([:], profile: profile) }
    #expect(error.variable == "AWS_PROFILE")
    #expect(error.reason.contains("'work'"))
    #expect(error.reason.contains(setting.prefix(while: { $0 != " " })))
  }

  @Test(
    "A profile that says false, or nothing of it, changes nothing",
    arguments: ["use_fips_endpoint = false", "region = eu-west-2", "endpoint_url ="])
  func plainProfile(_ setting: String) throws {
    #expect(try Self.endpoint([:], profile: try Sample.profile(setting)).host == "es.eu-west-1.amazonaws.com")
  }

  @Test("A custom URL comes before the profile's")
  func beforeProfile() throws {
    let profile = try Sample.profile("endpoint_url = https://profile.example")
    #expect(try Self.endpoint(["AWS_ENDPOINT_URL": "https://own.example"], profile: profile).host == "own.example")
  }

  private static func endpoint(
    _ variables: [String: String], region: String = "eu-west-1", profile: Profile? = nil
  ) throws -> Endpoint {
    try Endpoint(region: Sample.region(region), environment: AWSEnvironment(variables), profile: profile)
  }
}
