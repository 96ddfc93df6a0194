import CCurl

// Every function that libcurl calls, on the loop's thread. The `context` of the first two is the `TransferSet`, which
// outlives the multi handle; of the others the `CurlTransfer`, which `TransferSet` keeps alive until it is done. None is
// owned.

/// libcurl wants to wait on a socket for something else, or not at all any more.
func socketChanged(
  _ handle: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?,
  _ socketContext: UnsafeMutableRawPointer?
) -> Int32 {
  guard let context else { return 0 }
  Unmanaged<TransferSet>.fromOpaque(context).takeUnretainedValue().watch(
    socket, isReadable: what == CURL_POLL_IN || what == CURL_POLL_INOUT,
    isWritable: what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
  return 0
}

/// libcurl wants to be called at another time.
func timerChanged(_ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?) -> Int32
{
  guard let context else { return 0 }
  Unmanaged<TransferSet>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds: milliseconds)
  return 0
}

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
