import ArgumentParser
import GatewayCore

/// `connection-gateway`, as it is called on the command line.
@main
struct ConnectionGateway: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connection-gateway",
    abstract: "Lets holders of a gateway token refuse Amazon OpenSearch cross-cluster connections.",
    discussion: """
      Holds the AWS credentials, checks its own tokens, writes every call down, and forwards
      POST /connections/<id>/reject to Amazon OpenSearch Service.
      """,
    version: Version.current,
    subcommands: [ServeCommand.self, TokenCommand.self, AuditCommand.self, DoctorCommand.self])

  static func main() {
    // Before anything is opened.
    _ = StandardStreams.missing
    main(nil)
  }
}
