import GatewayCore
import IPAddresses
import TestSupport
import Testing

@testable import HTTPListener

@Suite("ForwardedField")
struct ForwardedFieldTests {
  /// Who called, as text; `-` where that isn't told.
  private static func hops(_ values: [String]) throws -> [String] {
    try ForwardedField.hops(values).map { $0?.description ?? "-" }
  }

  @Test("The examples of RFC 7239 are read")
  func examples() throws {
    #expect(try Self.hops(["for=\"_gazonk\""]) == ["-"])
    #expect(try Self.hops(["For=\"[2001:db8:cafe::17]:4711\""]) == ["2001:db8:cafe::17"])
    #expect(try Self.hops(["for=192.0.2.60;proto=http;by=203.0.113.43"]) == ["192.0.2.60"])
    #expect(try Self.hops(["for=192.0.2.43, for=198.51.100.17"]) == ["192.0.2.43", "198.51.100.17"])
    #expect(try Self.hops(["for=_hidden, for=_SEVKISEK"]) == ["-", "-"])
    #expect(try Self.hops(["for=192.0.2.43, for=\"[2001:db8:cafe::17]\""]) == ["192.0.2.43", "2001:db8:cafe::17"])
    #expect(try Self.hops(["for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown"]).count == 3)
    #expect(try Self.hops(["for=192.0.2.43, for=\"[2001:db8:cafe::17]\"", "for=unknown"]).last == "-")
  }

  @Test(
    "What the grammar allows besides",
    arguments: [
      ("FOR=192.0.2.1", ["192.0.2.1"]), ("for=\"192.0.2.1\"", ["192.0.2.1"]), ("for=\"192.0.2.1:80\"", ["192.0.2.1"]),
      ("for=\"1\\92.0.\\2.1\"", ["192.0.2.1"]), ("proto=https;for=192.0.2.1", ["192.0.2.1"]),
      (";for=192.0.2.1;;proto=https;", ["192.0.2.1"]), ("proto=https", ["-"]), ("", ["-"]), (";", ["-"]),
      ("for=192.0.2.1,", ["192.0.2.1", "-"]), (" \t, for=192.0.2.1", ["-", "192.0.2.1"]), (",,", ["-", "-", "-"]),
      ("host=\"a,b;for=6.6.6.6\";for=192.0.2.1", ["192.0.2.1"]),
      ("secret=\"\\\"\", for=192.0.2.1", ["-", "192.0.2.1"]),
      ("ext=\"\u{E9}\";for=192.0.2.1\t ,\tfor=_x", ["192.0.2.1", "-"]), ("by=rubbish;host=a", ["-"]),
    ])
  func grammar(value: String, hops: [String]) throws {
    #expect(try Self.hops([value]) == hops)
  }

  @Test(
    "What isn't well-formed is refused, wherever it stands",
    arguments: [
      "192.0.2.1", "for", "for=", "for=;", "=192.0.2.1", "for =192.0.2.1", "for= 192.0.2.1",
      "for=192.0.2.1; proto=http",
      "for=192.0.2.1 ;proto=http", "for=192.0.2.1 for=192.0.2.2", "for=\"192.0.2.1", "for=192.0.2.1\"",
      "for=\"192.0.2.1\\",
      "for=\"192.0.2.1\"x", "for=x\"192.0.2.1\"", "for='192.0.2.1'", "for=[2001:db8::1]", "for=2001:db8::1",
      "for=\"2001:db8::1\"", "for=192.0.2.1:80", "for=\"\"", "for=\" 192.0.2.1\"", "for=localhost", "for=192.0.2.999",
      "for=\"[fe80::1%eth0]\"", "for=192.0.2.1;for=192.0.2.2", "for=192.0.2.1;FOR=192.0.2.1", "proto=http;Proto=https",
      "for=\"192.0.2.1,192.0.2.2\"", "for=192.0.2.1/24", "fo(r=192.0.2.1", "for=192.0.2.1;\u{E9}=x",
      "for=192.0.2.1\u{600}",
      "\"for\"=192.0.2.1", "for:192.0.2.1",
    ])
  func malformed(value: String) {
    for values in [[value], ["\(value), for=192.0.2.1"], ["for=192.0.2.1, \(value)"], [value, "for=192.0.2.1"]] {
      #expect(throws: FramingViolation.self) { try ForwardedField.hops(values) }
    }
  }

  @Test("A quote that one line opens, the next one can't close")
  func quoteAcrossLines() {
    #expect(throws: FramingViolation.self) { try ForwardedField.hops(["for=\"", "for=\"192.0.2.1\""]) }
    #expect(throws: FramingViolation.self) { try ForwardedField.hops(["x=\"a", "b\";for=192.0.2.1"]) }
  }

  @Test("Whatever bytes come, it is read or refused", arguments: 1...20)
  func noise(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let alphabet = Array("for=by;,\"\\ \t192.0:[]_unknownA\u{600}é".unicodeScalars)
    for _ in 0..<2000 {
      var value = ""
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        if let scalar = alphabet.randomElement(using: &random) { value.unicodeScalars.append(scalar) }
      }
      if let hops = try? ForwardedField.hops([value]) { #expect(!hops.isEmpty) }
    }
  }
}
