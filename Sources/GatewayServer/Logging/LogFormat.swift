/// How the log is written: for people, or for programs.
package enum LogFormat: String, Sendable {
  case text, json
}
