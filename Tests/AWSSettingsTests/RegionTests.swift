import AWSSettings
import Testing

@Suite("Region")
struct RegionTests {
  @Test("AWS_REGION comes before AWS_DEFAULT_REGION, and both before the profile")
  func order() throws {
    let profile = try Sample.profile("region = from-profile")
    var variables = ["AWS_REGION": "from-region", "AWS_DEFAULT_REGION": "from-default"]
    #expect(try Region(environment: AWSEnvironment(variables), profile: profile).name == "from-region")
    variables["AWS_REGION"] = ""
    #expect(try Region(environment: AWSEnvironment(variables), profile: profile).name == "from-default")
    variables["AWS_DEFAULT_REGION"] = nil
    #expect(try Region(environment: AWSEnvironment(variables), profile: profile).name == "from-profile")
  }

  @Test("That no region is set is an error that names the variable")
  func missing() throws {
    for profile in [nil, try Sample.profile("output = json")] {
      let error = try #require(throws: EndpointError.self) {
        try Region(environment: AWSEnvironment([:]), profile: profile)
      }
      #expect(error.variable == "AWS_REGION")
      #expect(error.reason.contains("destination"))
    }
  }

  @Test(
    "What could be something else than one label of a host name is no region",
    arguments: [
      "eu-west-1.evil.example", "EU-WEST-1", "eu_west_1", "eu west 1", "-eu", "eu/west", "eu@west", "eu-west-1\n", "é",
      "eu:1", "#", String(repeating: "a", count: 64),
    ])
  func malformed(_ name: String) throws {
    let error = try #require(throws: EndpointError.self) { try Sample.region(name) }
    #expect(error.variable == "AWS_REGION")
  }

  @Test(
    "A region nobody has heard of is one all the same: AWS opens new ones",
    arguments: ["mars-north-1", "a", String(repeating: "a", count: 63)])
  func unheardOf(_ name: String) throws {
    #expect(try Sample.region(name).name == name)
  }
}
