import SigV4
import Testing

@Suite("Secret")
struct SecretTests {
  struct Failure: Error {
    let secret: Secret
    let tried: [Secret?]
  }

  enum Choice {
    case some(Secret, label: String)
  }

  private static let text = "correct-horse-battery"

  /// The secret by itself, and wherever a secret could stand.
  static let holders: [@Sendable () -> Any] = [
    { Secret(text) },
    { Optional(Secret(text)) as Any },
    { [Secret(text)] },
    { ["key": Secret(text)] },
    { (1, Secret(text)) },
    { Failure(secret: Secret(text), tried: [Secret(text), nil]) },
    { Choice.some(Secret(text), label: "label") },
    { Result<Int, Failure>.failure(Failure(secret: Secret(text), tried: [])) },
    { SigningCredentials(accessKeyID: "id", secretAccessKey: Secret(text), sessionToken: Secret(text)) },
  ]

  @Test("Nothing that holds a secret prints it, however it is printed", arguments: holders.indices)
  func neverPrinted(_ index: Int) {
    let holder = Self.holders[index]()
    var dumped = ""
    dump(holder, to: &dumped)
    var printed = ""
    print(holder, to: &printed)
    var debugPrinted = ""
    debugPrint(holder, to: &debugPrinted)
    for output in ["\(holder)", String(describing: holder), String(reflecting: holder), dumped, printed, debugPrinted] {
      #expect(!output.contains(Self.text), "it was printed")
      #expect(output.contains("<redacted>"), "what it is should be seen: \(output)")
    }
  }

  @Test("Both descriptions say that something was taken out")
  func descriptions() {
    #expect(Secret(Self.text).description == "<redacted>")
    #expect(Secret(Self.text).debugDescription == "<redacted>")
  }

  @Test("A mirror shows nothing inside")
  func mirror() {
    #expect(Mirror(reflecting: Secret(Self.text)).children.isEmpty)
  }

  @Test("Whoever asks for it gets it, and secrets are equal by their text")
  func value() {
    #expect(Secret(Self.text).exposed == Self.text)
    #expect(Secret("a") == Secret("a"))
    #expect(Secret("a") != Secret("b"))
  }
}
