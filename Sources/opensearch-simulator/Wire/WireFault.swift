/// What happens to an answer at one of its bytes, counted from 0 as they go over the wire: status line, headers, body.
enum WireFault: Sendable, Equatable {
  /// The connection is closed there.
  case cut(at: Int)
  /// Nothing more comes, and the connection stays open.
  case stall(at: Int)
  /// Noise takes the place of what is left, then the connection is closed.
  case garbage(at: Int, seed: UInt64)

  /// How many bytes come as they are.
  var bytes: Int {
    switch self {
    case .cut(let bytes), .stall(let bytes), .garbage(let bytes, _): bytes
    }
  }
}
