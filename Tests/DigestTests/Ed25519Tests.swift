import Digest
import Testing

@Suite("Ed25519")
struct Ed25519Tests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let seed: String
    let publicKey: String
    let message: String
    let signature: String

    var testDescription: String { name }
  }

  /// RFC 8032, section 7.1.
  static let vectors = [
    Vector(
      name: "TEST 1", seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
      signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        + "d25bf5f0595bbe24655141438e7a100b"),
    Vector(
      name: "TEST 2", seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
      signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        + "387b2eaeb4302aeeb00d291612bb0c00"),
    Vector(
      name: "TEST 3", seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
      signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        + "4a7c15e9716ed28dc027beceea1ec40a"),
    Vector(
      name: "TEST SHA(abc)", seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        + "3dca179c138ac17ad9bef1177331a704"),
  ]

  /// What `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write of RFC 8032's TEST 1 (RFC 8410, section 10).
  private static let privatePEM = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
    -----END PRIVATE KEY-----

    """
  private static let publicPEM = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    -----END PUBLIC KEY-----

    """

  private static func bytes(_ hex: String) throws -> [UInt8] {
    try #require(Hex.decode(hex))
  }

  @Test("RFC 8032's seeds have its public keys and give its signatures, which these keys take", arguments: vectors)
  func knownVector(_ vector: Vector) throws {
    let key = try Ed25519PrivateKey(seed: Self.bytes(vector.seed))
    let message = try Self.bytes(vector.message)
    #expect(Hex.encode(try key.publicKey.bytes) == vector.publicKey)
    #expect(Hex.encode(try key.signature(for: message)) == vector.signature)
    let publicKey = try Ed25519PublicKey(bytes: Self.bytes(vector.publicKey))
    #expect(publicKey.isValid(try Self.bytes(vector.signature), for: message))
  }

  @Test("A flipped bit in the signature, in any place, is not valid")
  func flippedSignature() throws {
    let vector = Self.vectors[2]
    let key = try Ed25519PublicKey(bytes: Self.bytes(vector.publicKey))
    let (signature, message) = (try Self.bytes(vector.signature), try Self.bytes(vector.message))
    for bit in 0..<8 * signature.count {
      var changed = signature
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!key.isValid(changed, for: message), "bit \(bit)")
    }
  }

  @Test("A signature is valid for its message and its key alone, and in its full length")
  func otherMessage() throws {
    let vector = Self.vectors[2]
    let key = try Ed25519PublicKey(bytes: Self.bytes(vector.publicKey))
    let signature = try Self.bytes(vector.signature)
    #expect(!key.isValid(signature, for: [0xAF, 0x83]))
    #expect(!key.isValid(signature, for: [0xAF]))
    #expect(!key.isValid(signature, for: []))
    for length in [0, 1, 63, 65] {
      #expect(!key.isValid(Array((signature + [0]).prefix(length)), for: [0xAF, 0x82]))
    }
    let other = try Ed25519PublicKey(bytes: Self.bytes(Self.vectors[1].publicKey))
    #expect(!other.isValid(signature, for: [0xAF, 0x82]))
  }

  @Test("Keys are read and written in the PEM that openssl writes")
  func pem() throws {
    let key = try Ed25519PrivateKey(pem: Array(Self.privatePEM.utf8))
    #expect(Hex.encode(try key.publicKey.bytes) == Self.vectors[0].publicKey)
    #expect(String(decoding: try key.exposedPEM(), as: UTF8.self) == Self.privatePEM)
    let publicKey = try Ed25519PublicKey(pem: Array(Self.publicPEM.utf8))
    #expect(Hex.encode(publicKey.bytes) == Self.vectors[0].publicKey)
    #expect(String(decoding: try publicKey.pem, as: UTF8.self) == Self.publicPEM)
  }

  @Test("A new key is another one each time, and is read back from what was written")
  func generate() throws {
    let keys = try (0..<2).map { _ in try Ed25519PrivateKey.generate() }
    #expect(try keys[0].publicKey.bytes != keys[1].publicKey.bytes)
    let read = try Ed25519PrivateKey(pem: keys[0].exposedPEM())
    #expect(try read.publicKey.bytes == keys[0].publicKey.bytes)
    #expect(try keys[0].publicKey.isValid(read.signature(for: [1, 2]), for: [1, 2]))
  }

  @Test(
    "What holds no private key in PEM says so", arguments: ["", "hello", "-----BEGIN PRIVATE KEY-----\n", publicPEM])
  func noPrivateKey(text: String) {
    let error = #expect(throws: KeyError.self) { try Ed25519PrivateKey(pem: Array(text.utf8)) }
    #expect(error?.reason == "it holds no private key in PEM")
  }

  @Test(
    "What holds no public key in PEM says so", arguments: ["", "hello", "-----BEGIN PUBLIC KEY-----\n", privatePEM])
  func noPublicKey(text: String) {
    let error = #expect(throws: KeyError.self) { try Ed25519PublicKey(pem: Array(text.utf8)) }
    #expect(error?.reason == "it holds no public key in PEM")
  }

  @Test("A key of another kind is refused: X25519, which has the same length")
  func otherKind() {
    let x25519 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    let error = #expect(throws: KeyError.self) {
      try Ed25519PrivateKey(pem: Array((x25519 + "-----END PRIVATE KEY-----\n").utf8))
    }
    #expect(error?.reason == "the private key isn't an Ed25519 one")
    let publicText = Self.publicPEM.replacing("K2VwAyEA", with: "K2VuAyEA")
    let publicError = #expect(throws: KeyError.self) { try Ed25519PublicKey(pem: Array(publicText.utf8)) }
    #expect(publicError?.reason == "the public key isn't an Ed25519 one")
  }

  @Test("An encrypted key is told from none, and nobody is asked for its passphrase")
  func encrypted() {
    // openssl genpkey -algorithm ed25519 -aes-128-cbc, with the passphrase "passphrase".
    let text = """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhtFDZVu4t6QgICCAAw
      DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEDjHUWFHK9ClI6+Fp93UXN4EQAv1
      n8g3RGEeXRGGJwUxUd1y/6FZCPDl36fMMxZO6shU6AA+2vGSpmfaQ7R/FVgHCVix
      sFqmwBoauTI8/wOKs08=
      -----END ENCRYPTED PRIVATE KEY-----
      """
    let error = #expect(throws: KeyError.self) { try Ed25519PrivateKey(pem: Array((text + "\n").utf8)) }
    #expect(error?.reason.contains("is encrypted") == true)
  }

  @Test("Seeds and public keys of a wrong length are refused", arguments: [0, 31, 33, 64])
  func wrongLength(count: Int) {
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(throws: KeyError.self) { try Ed25519PrivateKey(seed: bytes) }
    #expect(throws: KeyError.self) { try Ed25519PublicKey(bytes: bytes) }
  }
}
