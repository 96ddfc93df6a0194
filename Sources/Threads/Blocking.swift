/// Waits for asynchronous work where there is nothing else to do: in a command, on the main thread.
package enum Blocking {
  /// What `work` returns.
  package static func run<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) -> Result {
    let mailbox = Mailbox<Result>(limit: 1)
    Task { _ = mailbox.post(await work()) }
    while true {
      if let result = mailbox.takeAll(waitingAtMost: nil).first { return result }
    }
  }
}
