import GatewayCore
import Testing

@Suite("AWSAnswer")
struct AWSAnswerTests {
  private static let answer = AWSAnswer(
    code: "ConflictException", message: "no", requestID: "r-1", httpStatus: 409, attempts: 2)

  @Test("Its members stand in the order of the contract")
  func members() {
    #expect(
      Self.text(Self.answer, withMessage: true)
        == #"{"code":"ConflictException","message":"no","requestId":"r-1","httpStatus":409,"attempts":2}"#)
  }

  @Test("The audit leaves the message out, which AWS fills as it likes")
  func withoutMessage() {
    #expect(
      Self.text(Self.answer, withMessage: false)
        == #"{"code":"ConflictException","requestId":"r-1","httpStatus":409,"attempts":2}"#)
  }

  @Test("What AWS didn't say is left out")
  func absent() {
    #expect(Self.text(AWSAnswer(attempts: 0), withMessage: true) == #"{"attempts":0}"#)
  }

  private static func text(_ answer: AWSAnswer, withMessage: Bool) -> String {
    String(decoding: answer.json(withMessage: withMessage).bytes, as: UTF8.self)
  }
}
