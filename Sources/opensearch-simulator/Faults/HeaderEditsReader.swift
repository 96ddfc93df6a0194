import GatewayCore
import HTTPTypes

/// Reads headers that an answer is to have: `{"Name": "value"}`, and `{"Date": null}` for an answer without one.
enum HeaderEditsReader {
  /// What says where a message ends. An answer with another value there is no answer.
  private static let framing: Set<HTTPField.Name> = [.contentLength, .transferEncoding, .connection]

  /// Reads the member `headers`, if there is one.
  static func edits(_ shape: Shape, at place: String) throws(ShapeError) -> HeaderEdits {
    var edits = HeaderEdits()
    guard let headers = try shape.shape("headers") else { return edits }
    for text in headers.names.sorted() {
      guard let name = HTTPField.Name(text), !framing.contains(name) else {
        throw ShapeError("\(place): 'headers' has '\(text)', which isn't a header that can be set")
      }
      if let value = try headers.string(text) {
        edits.set(name, to: try self.value(value, of: text, at: "\(place): 'headers'"))
      } else if name == .date {
        edits.dropsDate = true
      } else {
        throw ShapeError("\(place): 'headers' has '\(text)' as null, which only 'Date' can be")
      }
    }
    return edits
  }

  /// A value that goes over the wire as it is.
  static func value(_ text: String, of name: String, at place: String) throws(ShapeError) -> String {
    guard !text.isEmpty, text.first != " ", text.last != " ", text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw ShapeError("\(place): '\(name)' has to be printable ASCII, not empty, without spaces at its ends")
    }
    return text
  }
}
