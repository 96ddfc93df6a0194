import Digest
import GatewayCore

@testable import AWSCredentials
@testable import AWSSettings

/// The files that are read: tokens, AWS profiles, keys and certificates.
@Sendable func fuzzFiles(_ bytes: [UInt8]) {
  do {
    let document = try TokensDocument(bytes: bytes)
    promise((try? TokensDocument(bytes: document.bytes)) == document, "tokens are read as they are written")
    for token in document.tokens { promise(TokenEntry.isName(token.name), "a name") }
  } catch {
    promise(error.reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F }, "an error quotes nothing")
  }
  keys(bytes)
  if let text = text(bytes) { profiles(text) }
}

private func keys(_ bytes: [UInt8]) {
  if let key = try? Ed25519PublicKey(pem: bytes) {
    promise(key.bytes.count == Ed25519PublicKey.byteCount, "a public key has 32 bytes")
    promise((try? Ed25519PublicKey(pem: key.pem))?.bytes == key.bytes, "a public key is read as it is written")
  }
  if let key = try? Ed25519PrivateKey(pem: bytes) {
    promise((try? Ed25519PrivateKey(pem: key.exposedPEM())) != nil, "a private key is read as it is written")
  }
  promise(PEMCertificates.count(in: bytes) >= 0, "certificates are counted")
}

private func profiles(_ text: String) {
  for hasPrefix in [true, false] {
    guard let file = try? ProfileFile(text, path: "fuzz", hasPrefix: hasPrefix) else { continue }
    promise(
      !"\(file)".utf8.contains(UInt8(ascii: "=")) || file.profiles.keys.contains { $0.contains("=") }, "no values")
  }
  let environment = AWSEnvironment(["AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"])
  guard let files = try? ProfileFiles(environment: environment, read: { _ in text }) else { return }
  let profile = try? files.current()
  if let profile { _ = try? ProfileRecipes(files: files).recipe(for: profile) }
  guard let region = try? Region(environment: environment, profile: profile) else { return }
  promise(region.name.utf8.isVisibleASCII && !region.name.contains("."), "a region is one label")
  if let endpoint = try? Endpoint(.openSearch, region: region, environment: environment, profile: profile) {
    promise(endpoint.host.utf8.isVisibleASCII && !endpoint.host.contains("/"), "a host fits into a URL")
    promise(endpoint.basePath.isEmpty || endpoint.basePath.utf8.first == UInt8(ascii: "/"), "a path begins with '/'")
    promise(endpoint.basePath.utf8.isVisibleASCII, "a path fits into a URL")
  }
}
