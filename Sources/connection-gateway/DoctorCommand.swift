import ArgumentParser
import Clocks
import Digest
import GatewayCore
import GatewayServer
import Glibc
import Logging
import Threads

/// `doctor`: tells what keeps the gateway from doing its job.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check settings, credentials, AWS, clock and files; change nothing.",
    discussion: """
      Reads the same settings as 'serve', and prints a line for each thing it looked at: ok, warning or problem, what was
      found, and what to do. Run it as the user that the gateway runs as. It asks AWS who the credentials are
      (sts:GetCallerIdentity) and looks up one connection (es:DescribeInboundConnections); it rejects nothing.
      Exit codes: 0 no problem, 1 a problem, 64 wrong usage, 74 no problem, but the report can't be printed.
      """)

  @OptionGroup var options: ServeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    SecretMemory.forbidDumps()
    let logger = Logger(label: "connection-gateway") { _ in
      StandardErrorLog(format: .text, level: .critical, clock: .system)
    }
    let doctor = Doctor(options.flags, environment: ProcessEnvironment.variables, logger: logger)
    let report = Blocking.run { await doctor.report() }
    let text = json ? String(decoding: report.json.bytes, as: UTF8.self) : report.text
    try StandardOutput.print(text, orExitWith: report.isHealthy ? EX_IOERR : 1)
    if !report.isHealthy { throw ExitCode(1) }
  }
}
