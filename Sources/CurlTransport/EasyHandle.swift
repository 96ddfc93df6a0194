import CCurl
import GatewayCore

/// One of libcurl's easy handles, set up once and used for one transfer after another.
///
/// `TransferSet` owns it and calls `free`. While a transfer runs, libcurl's callbacks hold a pointer to the
/// `CurlTransfer`, which `TransferSet.active` keeps alive.
final class EasyHandle {
  let pointer: UnsafeMutableRawPointer
  private var headers = HeaderLines()
  // What it is set to, since the next transfer is mostly for the same place.
  private var url = ""
  private var method = ""
  private var isBodyEmpty = false

  /// `nil` if libcurl has no memory for one, or doesn't know an option that we rely on.
  init?(_ settings: CurlSettings) {
    guard let pointer = curl_easy_init() else { return nil }
    self.pointer = pointer
    guard Self.setUp(pointer, settings) else {
      curl_easy_cleanup(pointer)
      return nil
    }
  }

  /// The status of the final answer.
  var responseStatus: Int {
    var status = 0
    _ = ccurl_get_long(pointer, CURLINFO_RESPONSE_CODE, &status)
    return status
  }

  /// Makes it ready for this transfer. `false` if libcurl refuses something.
  func prepare(_ transfer: CurlTransfer, milliseconds: Int) -> Bool {
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    let request = transfer.request
    return setAddress(request) && setBody(request.body)
      && ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, headers.list(of: request.fields)) == CURLE_OK
      && ccurl_set_long(pointer, CURLOPT_TIMEOUT_MS, milliseconds) == CURLE_OK
      && ccurl_set_pointer(pointer, CURLOPT_WRITEDATA, context) == CURLE_OK
      && ccurl_set_pointer(pointer, CURLOPT_HEADERDATA, context) == CURLE_OK
      && ccurl_set_pointer(pointer, CURLOPT_PREREQDATA, context) == CURLE_OK
  }

  private func setAddress(_ request: UpstreamRequest) -> Bool {
    if request.url != url {
      // Plain HTTP is spoken only where the URL, which is ours, says so; no other protocol ever.
      let scheme = request.url.hasPrefix("http:") ? "http" : "https"
      guard ccurl_set_string(pointer, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK,
        ccurl_set_string(pointer, CURLOPT_URL, request.url) == CURLE_OK
      else { return false }
      url = request.url
    }
    if request.method != method {
      guard ccurl_set_string(pointer, CURLOPT_CUSTOMREQUEST, request.method) == CURLE_OK else { return false }
      method = request.method
    }
    return ccurl_set_string(pointer, CURLOPT_REQUEST_TARGET, request.target) == CURLE_OK
  }

  private func setBody(_ body: [UInt8]) -> Bool {
    if body.isEmpty, isBodyEmpty { return true }
    isBodyEmpty = body.isEmpty
    return ccurl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)) == CURLE_OK
      && body.withUnsafeBytes {
        // With the size set before, libcurl copies the bytes, NULs included. An empty body is empty, not absent.
        ccurl_set_bytes(pointer, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
      } == CURLE_OK
  }

  /// The transfer is over: lets go of what it alone needed.
  func finish() {
    headers.clear()
  }

  /// Gives the handle back to libcurl.
  func free() {
    curl_easy_cleanup(pointer)
    headers.clear()
  }

  private static func setUp(_ pointer: UnsafeMutableRawPointer, _ settings: CurlSettings) -> Bool {
    var results = [
      ccurl_set_long(pointer, CURLOPT_FOLLOWLOCATION, 0),
      ccurl_set_long(pointer, CURLOPT_PATH_AS_IS, 1),
      ccurl_set_long(pointer, CURLOPT_NOSIGNAL, 1),
      ccurl_set_long(pointer, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
      ccurl_set_long(pointer, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      ccurl_set_long(pointer, CURLOPT_SSL_VERIFYPEER, 1),
      ccurl_set_long(pointer, CURLOPT_SSL_VERIFYHOST, 2),
      ccurl_set_string(pointer, CURLOPT_PROXY, ""),
      ccurl_set_string(pointer, CURLOPT_NOPROXY, "*"),
      ccurl_set_long(pointer, CURLOPT_NETRC, 0),
      ccurl_set_long(pointer, CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout),
      // A name that is still being looked up when the transfer ends is left to its thread. To wait for that one would hold up the
      // whole loop for as long as a name server doesn't answer.
      ccurl_set_long(pointer, CURLOPT_QUICK_EXIT, 1),
      ccurl_set_long(pointer, CURLOPT_MAXAGE_CONN, 30),
      // Requests and answers have some hundred bytes; the defaults, 16 KiB and 64 KiB, are for files.
      ccurl_set_long(pointer, CURLOPT_BUFFERSIZE, 4096),
      ccurl_set_long(pointer, CURLOPT_UPLOAD_BUFFERSIZE, 16_384),
      ccurl_set_long(pointer, CURLOPT_POST, 1),
      ccurl_set_write_function(pointer, CURLOPT_WRITEFUNCTION, bodyReceived),
      ccurl_set_write_function(pointer, CURLOPT_HEADERFUNCTION, headLineReceived),
      ccurl_set_prereq_function(pointer, aboutToSend),
    ]
    // A bundle of our own stands in place of the system's certificates, not beside them. Without the folder, libcurl reads
    // the file once for all connections and not for each.
    results.append(ccurl_set_string(pointer, CURLOPT_CAPATH, nil))
    results.append(ccurl_set_long(pointer, CURLOPT_CA_CACHE_TIMEOUT, 3600))
    if let bundle = settings.certificateBundle {
      results.append(ccurl_set_string(pointer, CURLOPT_CAINFO, bundle))
    }
    return results.allSatisfy { $0 == CURLE_OK }
  }
}
