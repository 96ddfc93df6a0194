import AWSSettings
import Testing

@Suite("AWSEnvironment")
struct AWSEnvironmentTests {
  @Test("A variable that is empty counts as none")
  func empty() {
    let environment = AWSEnvironment(["A": "", "B": "b", "C": " "])
    #expect(environment["A"] == nil)
    #expect(environment["B"] == "b")
    #expect(environment["C"] == " ")
    #expect(environment["D"] == nil)
  }

  @Test(
    "Only 'true' is true, in any case",
    arguments: [
      ("true", true), ("TRUE", true), ("True", true), ("false", false), ("1", false), ("yes", false), ("", false),
    ])
  func truth(value: String, isTrue: Bool) {
    #expect(AWSEnvironment(["A": value]).isTrue("A") == isTrue)
    #expect(!AWSEnvironment([:]).isTrue("A"))
  }
}
