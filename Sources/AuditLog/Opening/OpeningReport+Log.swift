import Logging

extension OpeningReport {
  /// Tells whoever runs the gateway.
  func log(_ logger: Logger) {
    for torn in tornEnds {
      logger.warning(
        "the audit's torn end was cut off and is kept beside it",
        metadata: ["file": "\(torn.file)", "keptAs": "\(torn.keptAs)", "bytes": "\(torn.byteCount)"])
    }
    if let brokenFile {
      logger.error(
        "the audit file before this one doesn't verify",
        metadata: ["file": "\(brokenFile.file)", "line": "\(brokenFile.line)", "what": "\(brokenFile.what)"])
    }
    if let continuedFile {
      logger.notice(
        "a new audit file goes on with the chain of another", metadata: ["previousFile": "\(continuedFile)"])
    }
    if recoveredCount > 0 {
      logger.warning(
        "calls were cut off when the gateway last ended; what became of them is unknown",
        metadata: ["calls": "\(recoveredCount)"])
    }
    if let lostIntents {
      logger.warning(
        "intents without an outcome can't be closed",
        metadata: ["intents": "\(lostIntents.count)", "reason": "\(lostIntents.reason)"])
    }
  }
}
