import CCurl
import GatewayCore
import Glibc

/// The header lines of a request as libcurl takes them, a linked list of C strings that it only reads.
///
/// The memory is used again for each request. `curl_slist_append` would take two pieces of it for each line.
struct HeaderLines: ~Copyable {
  /// What libcurl would add by itself, and nobody signed or asked for. A name without a value says that it is not to.
  private static let unwanted = ["content-type", "accept", "expect"]
  /// A line's colon, blank and end.
  private static let punctuation = 3

  private var text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1024)
  private var lines = UnsafeMutableBufferPointer<curl_slist>.allocate(capacity: 16)
  /// Where the text ends.
  private var end = 0

  deinit {
    text.deallocate()
    lines.deallocate()
  }

  /// Leaves nothing of what the lines said: one of them is the signature, another may be a token. The list is no good then.
  mutating func clear() {
    if let start = text.baseAddress { explicit_bzero(start, end) }
    end = 0
  }

  /// The list for these fields. It is good until `clear`, or until the next one is made.
  mutating func list(of fields: [(name: String, value: String)]) -> UnsafeMutablePointer<curl_slist>? {
    clear()
    let ours = Self.unwanted.reduce(0) { $0 + $1.utf8.count + Self.punctuation }
    reserve(
      bytes: fields.reduce(ours) { $0 + $1.name.utf8.count + $1.value.utf8.count + Self.punctuation },
      lines: Self.unwanted.count + fields.count)
    var count = 0
    for name in Self.unwanted where !fields.contains(where: { Self.isSame($0.name, name) }) {
      add(name, ":", "", &count)
    }
    for field in fields { add(field.name, ": ", field.value, &count) }
    return count == 0 ? nil : lines.baseAddress
  }

  private mutating func add(_ name: String, _ separator: String, _ value: String, _ count: inout Int) {
    lines[count] = curl_slist(data: text.baseAddress.map { $0 + end }, next: nil)
    if count > 0 { lines[count - 1].next = lines.baseAddress.map { $0 + count } }
    count += 1
    copy(name)
    copy(separator)
    copy(value)
    text[end] = 0
    end += 1
  }

  private mutating func copy(_ part: String) {
    part.utf8.span.withUnsafeBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(text)[end...]).copyMemory(from: bytes)
      end += bytes.count
    }
  }

  /// Room for so much; what was there is lost.
  private mutating func reserve(bytes: Int, lines count: Int) {
    if text.count < bytes {
      text.deallocate()
      text = .allocate(capacity: bytes)
    }
    if lines.count < count {
      lines.deallocate()
      lines = .allocate(capacity: count)
    }
  }

  /// Names are compared without case (RFC 9110, section 5.1). `lowercase` is in lower case.
  private static func isSame(_ name: String, _ lowercase: String) -> Bool {
    name.utf8.count == lowercase.utf8.count
      && name.utf8.elementsEqual(lowercase.utf8) { $0 == $1 || ($0.isASCIIAlphanumeric && $0 | 0x20 == $1) }
  }
}
