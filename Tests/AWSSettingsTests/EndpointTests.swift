import AWSSettings
import Testing

@Suite("Endpoint")
struct EndpointTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let partition: String
    let regions: String
    /// Plain, FIPS, dual stack, both; `R` is the region.
    let openSearch: [String]
    let sts: [String]

    var testDescription: String { partition }
  }

  /// What botocore 1.43's endpoint rules say for each region of its `partitions.json`.
  static let rows = [
    Row(
      partition: "aws",
      regions: """
        af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 \
        ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 \
        ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 \
        eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 \
        sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2
        """,
      openSearch: ["es.R.amazonaws.com", "es-fips.R.amazonaws.com", "aos.R.api.aws", "es-fips.R.api.aws"],
      sts: ["sts.R.amazonaws.com", "sts-fips.R.amazonaws.com", "sts.R.api.aws", "sts-fips.R.api.aws"]),
    Row(
      partition: "aws-cn",
      regions: "cn-north-1 cn-northwest-1",
      openSearch: [
        "es.R.amazonaws.com.cn", "es-fips.R.amazonaws.com.cn", "aos.R.api.amazonwebservices.com.cn",
        "es-fips.R.api.amazonwebservices.com.cn",
      ],
      sts: [
        "sts.R.amazonaws.com.cn", "sts-fips.R.amazonaws.com.cn", "sts.R.api.amazonwebservices.com.cn",
        "sts-fips.R.api.amazonwebservices.com.cn",
      ]),
    Row(
      partition: "aws-eusc",
      regions: "eusc-de-east-1",
      openSearch: [
        "es.R.amazonaws.eu", "es-fips.R.amazonaws.eu", "es.R.api.amazonwebservices.eu",
        "es-fips.R.api.amazonwebservices.eu",
      ],
      sts: [
        "sts.R.amazonaws.eu", "sts-fips.R.amazonaws.eu", "sts.R.api.amazonwebservices.eu",
        "sts-fips.R.api.amazonwebservices.eu",
      ]),
    Row(
      partition: "aws-iso",
      regions: "us-iso-east-1 us-iso-west-1",
      openSearch: ["es.R.c2s.ic.gov", "es-fips.R.c2s.ic.gov", "es.R.api.aws.ic.gov", "es-fips.R.api.aws.ic.gov"],
      sts: ["sts.R.c2s.ic.gov", "sts-fips.R.c2s.ic.gov", "sts.R.api.aws.ic.gov", "sts-fips.R.api.aws.ic.gov"]),
    Row(
      partition: "aws-iso-b",
      regions: "us-isob-east-1 us-isob-west-1",
      openSearch: ["es.R.sc2s.sgov.gov", "es-fips.R.sc2s.sgov.gov", "es.R.api.aws.scloud", "es-fips.R.api.aws.scloud"],
      sts: ["sts.R.sc2s.sgov.gov", "sts-fips.R.sc2s.sgov.gov", "sts.R.api.aws.scloud", "sts-fips.R.api.aws.scloud"]),
    Row(
      partition: "aws-iso-e",
      regions: "eu-isoe-west-1",
      openSearch: [
        "es.R.cloud.adc-e.uk", "es-fips.R.cloud.adc-e.uk", "es.R.api.cloud-aws.adc-e.uk",
        "es-fips.R.api.cloud-aws.adc-e.uk",
      ],
      sts: [
        "sts.R.cloud.adc-e.uk", "sts-fips.R.cloud.adc-e.uk", "sts.R.api.cloud-aws.adc-e.uk",
        "sts-fips.R.api.cloud-aws.adc-e.uk",
      ]),
    Row(
      partition: "aws-iso-f",
      regions: "us-isof-east-1 us-isof-south-1",
      openSearch: [
        "es.R.csp.hci.ic.gov", "es-fips.R.csp.hci.ic.gov", "es.R.api.aws.hci.ic.gov", "es-fips.R.api.aws.hci.ic.gov",
      ],
      sts: [
        "sts.R.csp.hci.ic.gov", "sts-fips.R.csp.hci.ic.gov", "sts.R.api.aws.hci.ic.gov",
        "sts-fips.R.api.aws.hci.ic.gov",
      ]),
    Row(
      partition: "aws-us-gov",
      regions: "us-gov-east-1 us-gov-west-1",
      openSearch: ["es.R.amazonaws.com", "es-fips.R.amazonaws.com", "aos.R.api.aws", "es-fips.R.api.aws"],
      sts: ["sts.R.amazonaws.com", "sts.R.amazonaws.com", "sts.R.api.aws", "sts-fips.R.api.aws"]),
  ]

  @Test("AWS's own endpoint is the one that botocore resolves, FIPS and dual stack or not", arguments: rows)
  func ownEndpoint(_ row: Row) throws {
    let variants: [[String: String]] = [
      [:], ["AWS_USE_FIPS_ENDPOINT": "true"], ["AWS_USE_DUALSTACK_ENDPOINT": "true"],
      ["AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "TRUE"],
    ]
    for region in row.regions.split(separator: " ").map(String.init) {
      for (service, hosts) in [(Endpoint.Service.openSearch, row.openSearch), (.sts, row.sts)] {
        for (variables, host) in zip(variants, hosts) {
          let endpoint = try Self.endpoint(variables, service: service, region: region)
          #expect(endpoint.scheme == "https")
          #expect(endpoint.host == host.replacing("R", with: region))
          #expect(endpoint.basePath == "")
        }
      }
    }
  }

  @Test("A region that no partition knows is taken for a new one of aws")
  func newRegion() throws {
    #expect(try Self.endpoint([:], region: "mars-north-1").host == "es.mars-north-1.amazonaws.com")
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
    URLForm(url: "https://ES.Example", scheme: "https", host: "es.example"),
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
      "https://es.example:0", "https://es.example:65536", "https://es.example/a//b", "https://es.example/a/../b",
      "https://es.example/./a", "https://es.example/a b", "https://es.example/a/..",
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

  @Test("The profile asks for FIPS and dual stack as the variables do, and these win")
  func variantsOfProfile() throws {
    let both = try Sample.profile("use_fips_endpoint = true\nuse_dualstack_endpoint = True")
    #expect(try Self.endpoint([:], profile: both).host == "es-fips.eu-west-1.api.aws")
    let variables = ["AWS_USE_FIPS_ENDPOINT": "false", "AWS_USE_DUALSTACK_ENDPOINT": "false"]
    #expect(try Self.endpoint(variables, profile: both).host == "es.eu-west-1.amazonaws.com")
  }

  @Test(
    "A custom URL with FIPS or dual stack is an error that names both",
    arguments: ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
  func customVariant(_ variable: String) throws {
    for name in ["AWS_ENDPOINT_URL_OPENSEARCH", "AWS_ENDPOINT_URL"] {
      let error = try #require(throws: EndpointError.self) {
        try Self.endpoint([variable: "true", name: "https://own.example"])
      }
      #expect(error.variable == name)
      #expect(error.reason.contains(variable))
    }
    let profile = try Sample.profile("endpoint_url = https://profile.example")
    let error = try #require(throws: EndpointError.self) { try Self.endpoint([variable: "true"], profile: profile) }
    #expect(error.variable.contains("'work'"))
    #expect(error.reason.contains(variable))
  }

  private static let services = """
    services = testing
    endpoint_url = https://general-profile.example
    [services testing]
    opensearch =
      endpoint_url = https://services.example
    """

  @Test("The variables come first, then the profile's services section, then its endpoint_url")
  func orderWithProfile() throws {
    let profile = try Sample.profile(Self.services)
    let general = try Sample.profile("endpoint_url = https://general-profile.example")
    #expect(try Self.endpoint(["AWS_ENDPOINT_URL": "https://own.example"], profile: profile).host == "own.example")
    #expect(try Self.endpoint([:], profile: profile).host == "services.example")
    #expect(try Self.endpoint([:], service: .sts, profile: profile).host == "general-profile.example")
    #expect(try Self.endpoint([:], profile: general).host == "general-profile.example")
  }

  @Test("Each service has a variable of its own")
  func ownVariables() throws {
    let variables = ["AWS_ENDPOINT_URL_STS": "https://sts.example"]
    #expect(try Self.endpoint(variables, service: .sts).host == "sts.example")
    #expect(try Self.endpoint(variables).host == "es.eu-west-1.amazonaws.com")
  }

  @Test("A profile's URL that isn't one is refused, and the profile named", arguments: ["profile.example", "ftp://x"])
  func malformedProfileURL(_ url: String) throws {
    let profile = try Sample.profile("endpoint_url = \(url)")
    let error = try #require(throws: EndpointError.self) { try Self.endpoint([:], profile: profile) }
    #expect(error.variable.contains("endpoint_url") && error.variable.contains("'work'"))
  }

  @Test("A profile may have its custom URLs ignored, too")
  func ignoredByProfile() throws {
    let profile = try Sample.profile("ignore_configured_endpoint_urls = true\nendpoint_url = https://profile.example")
    #expect(try Self.endpoint([:], profile: profile).host == "es.eu-west-1.amazonaws.com")
  }

  @Test(
    "A profile that says false, or nothing of it, changes nothing",
    arguments: ["use_fips_endpoint = false", "region = eu-west-2", "endpoint_url ="])
  func plainProfile(_ setting: String) throws {
    #expect(try Self.endpoint([:], profile: try Sample.profile(setting)).host == "es.eu-west-1.amazonaws.com")
  }

  private static func endpoint(
    _ variables: [String: String], service: Endpoint.Service = .openSearch, region: String = "eu-west-1",
    profile: Profile? = nil
  ) throws -> Endpoint {
    try Endpoint(
      service, region: Sample.region(region), environment: AWSEnvironment(variables), profile: profile)
  }
}
