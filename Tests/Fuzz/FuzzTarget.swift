import Glibc

/// libFuzzer around the parser that `FUZZ_PARSER` names.
@main
enum FuzzTarget {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(runFuzzer(&count, &arguments, fuzzOne))
  }
}

/// libFuzzer's own way in for programs that have a `main` ("Using libFuzzer as a library").
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// What libFuzzer calls with each input it makes up.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  parser(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private let parser: @Sendable ([UInt8]) -> Void = {
  let name = getenv("FUZZ_PARSER").map { String(cString: $0) } ?? ""
  guard let parser = parsers[name] else {
    fatalError("FUZZ_PARSER has to be one of \(parsers.keys.sorted().joined(separator: ", "))")
  }
  return parser
}()

/// By the names of their folders of seeds.
private let parsers: [String: @Sendable ([UInt8]) -> Void] = [
  "addresses": fuzzAddresses,
  "answers": fuzzAnswers,
  "audit": fuzzAudit,
  "body": fuzzBody,
  "credentials": fuzzCredentials,
  "files": fuzzFiles,
  "head": fuzzHead,
  "query": fuzzQuery,
  "words": fuzzWords,
]

/// A promise of the parser's. Where it isn't kept, the process dies, and libFuzzer keeps the input.
func promise(_ isKept: Bool, _ words: @autoclosure () -> String) {
  if !isKept { fatalError(words()) }
}

/// The bytes as text, if they are UTF-8.
func text(_ bytes: some Sequence<UInt8>) -> String? {
  String(validating: bytes, as: UTF8.self)
}

extension Sequence<UInt8> {
  /// Whether all of it is printable ASCII without a space.
  var isVisibleASCII: Bool { allSatisfy { $0 > 0x20 && $0 < 0x7F } }
}
