import CCurl

// Every function that libcurl calls, on the loop's thread. The `context` of each is the `CurlTransfer`, not owned:
// `TransferSet` keeps it alive until the transfer is done.

/// A connection is there and the request is about to be sent.
func aboutToSend(
  _ context: UnsafeMutableRawPointer?, _ peer: UnsafeMutablePointer<CChar>?, _ local: UnsafeMutablePointer<CChar>?,
  _ peerPort: Int32, _ localPort: Int32
) -> Int32 {
  guard let context else { return CCURL_PREREQ_ABORT }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  return transfer.mayBeSent() ? CCURL_PREREQ_OK : CCURL_PREREQ_ABORT
}

/// A line of the answer's head came. Another count than was given ends the transfer.
func headLineReceived(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  return transfer.received(headLine: line) ? line.count : 0
}

/// A piece of the answer's body came. Another count than was given ends the transfer.
func bodyReceived(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  return transfer.received(body: piece) ? piece.count : 0
}
