/// AWS's names for what the service can be asked for.
enum OperationName: String, Sendable, CaseIterable {
  case reject = "RejectInboundConnection"
  case describe = "DescribeInboundConnections"
}
