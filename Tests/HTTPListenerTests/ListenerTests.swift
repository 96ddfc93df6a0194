import GatewayCore
import HTTPTypes
import IPAddresses
import Testing

@testable import HTTPListener

@Suite("Listener", .timeLimit(.minutes(2)))
struct ListenerTests {
  @Test("Port 0 takes a free port, and the address tells which")
  func realPort() async throws {
    try await Served.run { served in
      #expect(served.listener.address.port != 0)
      #expect(served.listener.address.host == "127.0.0.1")
      _ = try served.connect()
    }
  }

  @Test("A request comes to the handler as it was sent, and its answer to the client")
  func roundTrip() async throws {
    try await Served.run { request in
      .response(
        Response(status: .conflict, fields: [.contentType: "text/plain", .retryAfter: "1"], body: Array("no".utf8)))
    } body: { served in
      let client = try served.connect()
      client.send("PATCH /a/b?c=d&e HTTP/1.1\r\nHost: example\r\nX-Odd: a  b\r\nx-odd: c\r\n\r\n")
      let answer = try client.receive()
      #expect(answer.statusLine.hasPrefix("HTTP/1.1 409 "))
      #expect(answer.values("content-type") == ["text/plain"])
      #expect(answer.values("retry-after") == ["1"])
      #expect(answer.values("content-length") == ["2"])
      #expect(answer.values("connection") == [])
      #expect(answer.text == "no")
      let request = try #require(served.requests.first)
      #expect(request.method == "PATCH")
      #expect(request.target == RequestTarget("/a/b?c=d&e"))
      #expect(request.fields[values: try #require(HTTPField.Name("X-Odd"))] == ["a  b", "c"])
      #expect(request.fields[.hostField] == "example")
      #expect(request.body == .complete([]))
      #expect(request.violation == nil)
      #expect(request.client == Client(address: "127.0.0.1", peer: "127.0.0.1"))
    }
  }

  @Test("HEAD gets the head of the answer, its length too, and no body; the connection goes on")
  func head() async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send("HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = try client.receive(hasBody: false)
      #expect(answer.status == 200)
      #expect(answer.values("content-length") == ["11"])
      client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receive().text == "GET /next")
    }
  }

  @Test("One connection serves one request after another")
  func keepAlive() async throws {
    try await Served.run { served in
      let client = try served.connect()
      for number in 0..<20 {
        client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.receive().text == "GET /\(number)")
      }
      #expect(served.requests.count == 20)
    }
  }

  @Test("Requests that come at a time are answered in their order, bodies apart from heads")
  func pipelining() async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n"
      )
      for expected in ["GET /1", "POST /2", "GET /3"] { #expect(try client.receive().text == expected) }
      #expect(served.requests.map(\.body) == [.complete([]), .complete(Array("abc".utf8)), .complete([])])
    }
  }

  @Test("An answer that closes the connection says so and does")
  func closes() async throws {
    try await Served.run { _ in
      .response(Response(status: .ok, body: [120], closesConnection: true))
    } body: { served in
      let client = try served.connect()
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = try client.receive()
      #expect(answer.values("connection").map { $0.lowercased() } == ["close"])
      #expect(try client.receiveAll() == [])
      #expect(served.requests.count == 1)
    }
  }

  @Test("HTTP/1.0 without Host is taken, and its connection closed")
  func http10() async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send("GET /old HTTP/1.0\r\n\r\n")
      #expect(try client.receive().text == "GET /old")
      #expect(try client.receiveAll() == [])
      #expect(served.requests.first?.violation == nil)
    }
  }

  @Test(
    "The request target comes undecoded, whatever is encoded in it",
    arguments: ["/a%2Fb", "/%00", "/%2e%2e/x", "/a%", "/a%zz", "/a+b", "/?a=%26&b=%00", "/a?b?c", "/?", "//", "/../a"])
  func undecoded(target: String) async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receive().status == 200)
      #expect(served.requests.first?.target == RequestTarget(target))
    }
  }

  @Test("A query of thousands of arguments is answered, and comes whole")
  func manyArguments() async throws {
    try await Served.run { served in
      let target = "/a?" + (0..<3000).map { "a\($0)" }.joined(separator: "&").prefix(15_000)
      let client = try served.connect()
      client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receive().text == "GET /a")
      #expect(served.requests.first?.target == RequestTarget(target))
    }
  }

  @Test(
    "The caller's request id is taken if it is one, else a fresh one is made",
    arguments: [
      (["abc-1.2_3~4"], "abc-1.2_3~4"), ([], nil), (["a b"], nil), (["a", "b"], nil), (["a/b"], nil),
      ([String(repeating: "x", count: 129)], nil),
    ])
  func requestID(supplied: [String], expected: String?) async throws {
    try await Served.run { served in
      let client = try served.connect()
      let lines = supplied.map { "X-Request-Id: \($0)\r\n" }.joined()
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")
      let id = expected ?? String(repeating: "ab", count: 16)
      #expect(try client.receive().values("x-request-id") == [id])
      #expect(served.requests.first?.id.description == id)
    }
  }

  @Test("X-Forwarded-For counts only from a proxy that is trusted", arguments: [true, false])
  func forwardedFor(isTrusted: Bool) async throws {
    let range = try #require(AddressRange("127.0.0.1"))
    let trusted = TrustedProxies(isTrusted ? [range] : [])
    try await Served.run(.loopback { $0.trustedProxies = trusted }) { served in
      let client = try served.connect()
      client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
      _ = try client.receive()
      #expect(served.requests.first?.client.address == (isTrusted ? "203.0.113.9" : "127.0.0.1"))
      #expect(served.requests.first?.client.peer == "127.0.0.1")
    }
  }

  @Test("A proxy's headers that contradict each other, or can't be read, make a message that isn't trusted")
  func contradiction() async throws {
    let trusted = TrustedProxies([try #require(AddressRange("127.0.0.1"))])
    for headers in ["X-Forwarded-For: 203.0.113.9\r\nForwarded: for=6.6.6.6", "Forwarded: for=x"] {
      try await Served.run(.loopback { $0.trustedProxies = trusted }) { served in
        let client = try served.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: curl\r\n\(headers)\r\n\r\n")
        let answer = try client.receive()
        #expect(answer.status == 400)
        #expect(answer.values("connection") == ["close"])
        #expect(served.requests.first?.violation?.code == .invalidRequest)
        #expect(served.requests.first?.client == Client(address: "127.0.0.1", peer: "127.0.0.1"))
        #expect(served.requests.first?.fields[.userAgent] == "curl")
      }
      // From anyone else they are just words.
      try await Served.run { served in
        let client = try served.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\(headers)\r\n\r\n")
        #expect(try client.receive().status == 200)
        #expect(served.requests.first?.client.address == "127.0.0.1")
      }
    }
  }

  @Test("Many clients at a time get each their own answer")
  func manyClients() async throws {
    try await Served.run { served in
      let clients = try (0..<100).map { _ in try served.connect() }
      for (number, client) in clients.enumerated() { client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n") }
      for (number, client) in clients.enumerated() { #expect(try client.receive().text == "GET /\(number)") }
    }
  }
}
