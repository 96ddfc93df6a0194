import ArgumentParser
import Clocks
import GatewayCore
import GatewayServer
import Logging
import Threads

/// `doctor`: tells what keeps the gateway from doing its job.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check settings, credentials, AWS, clock and files; change nothing.",
    discussion: "Reads the same settings as 'serve'. Exit codes: 0 no problem, 1 a problem.")

  @OptionGroup var options: ServeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let logger = Logger(label: "connection-gateway") { _ in
      StandardErrorLog(format: .text, level: .critical, clock: .system)
    }
    let doctor = Doctor(options.flags, environment: ProcessEnvironment.variables, logger: logger)
    let report = Blocking.run { await doctor.report() }
    print(json ? String(decoding: report.json.bytes, as: UTF8.self) : report.text)
    if !report.isHealthy { throw ExitCode(1) }
  }
}
