import Clocks
import SigV4

/// The keys, the day and the service of AWS's published signing examples and of its Signature Version 4 test suite.
enum Example {
  static let accessKeyID = "AKIDEXAMPLE"
  static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
  static let credentials = SigningCredentials(accessKeyID: accessKeyID, secretAccessKey: Secret(secret))
  /// 2015-08-30T12:36:00Z.
  static let time = Timestamp(seconds: 1_440_938_160)
  static let date = "20150830T123600Z"
  static let scope = SigningScope(date: "20150830", region: "us-east-1", service: "service")
  static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  /// What the test suite's requests have in common.
  static let headers = [(name: "Host", value: "example.amazonaws.com"), (name: "X-Amz-Date", value: date)]
}
