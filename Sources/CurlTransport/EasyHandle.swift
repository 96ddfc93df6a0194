import CCurl
import GatewayCore

/// One of libcurl's easy handles, set up once and used for one transfer after another.
///
/// `TransferSet` owns it and calls `free`. While a transfer runs, libcurl's callbacks hold a pointer to the
/// `CurlTransfer`, which `TransferSet.active` keeps alive.
final class EasyHandle {
  let pointer: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?

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
    // Suppressed: what libcurl would add by itself and nobody signed or asked for.
    let names = request.fields.map { $0.name.lowercased() }
    var lines = ["content-type", "accept", "expect"].filter { !names.contains($0) }.map { "\($0):" }
    lines += request.fields.map { "\($0.name): \($0.value)" }
    for line in lines {
      guard let longer = curl_slist_append(headers, line) else { return false }
      headers = longer
    }
    let results = [
      // Plain HTTP is spoken only where the URL, which is ours, says so; no other protocol ever.
      ccurl_set_string(pointer, CURLOPT_PROTOCOLS_STR, request.url.hasPrefix("http:") ? "http" : "https"),
      ccurl_set_string(pointer, CURLOPT_URL, request.url),
      ccurl_set_string(pointer, CURLOPT_CUSTOMREQUEST, request.method),
      ccurl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)),
      request.body.withUnsafeBytes {
        // With the size set before, libcurl copies the bytes, NULs included. An empty body is empty, not absent.
        ccurl_set_bytes(pointer, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
      },
      ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, headers),
      ccurl_set_long(pointer, CURLOPT_TIMEOUT_MS, milliseconds),
      ccurl_set_pointer(pointer, CURLOPT_WRITEDATA, context),
      ccurl_set_pointer(pointer, CURLOPT_HEADERDATA, context),
      ccurl_set_pointer(pointer, CURLOPT_PREREQDATA, context),
    ]
    return results.allSatisfy { $0 == CURLE_OK }
  }

  /// The transfer is over: lets go of what belonged to it.
  func finish() {
    curl_slist_free_all(headers)
    headers = nil
  }

  /// Gives the handle back to libcurl.
  func free() {
    finish()
    curl_easy_cleanup(pointer)
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
