/// Who makes a call: the token's id and name, never the token.
package struct Caller: Sendable, Equatable {
  package let tokenID: String
  package let name: String

  package init(tokenID: String, name: String) {
    self.tokenID = tokenID
    self.name = name
  }
}
