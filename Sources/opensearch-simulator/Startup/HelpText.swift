/// What `--help` says beyond the flags. No line is longer than 79 characters, so that none is broken.
enum HelpText {
  static let discussion = #"""
    It answers RejectInboundConnection and DescribeInboundConnections as AWS does:
    it checks the SigV4 signature in full, keeps each connection through its
    states, and has AWS's error codes, statuses and headers. A client is pointed
    at it with AWS_ENDPOINT_URL_OPENSEARCH, and has to have its region and keys.

    SEED: a list of connections. Only the id and the status code are needed.
    "Fault" is the simulator's own, and holds for rejects of that connection.

      [{ "ConnectionId": "c-0123456789abcdef0",
         "ConnectionStatus": { "StatusCode": "PENDING_ACCEPTANCE" },
         "LocalDomainInfo": { "AWSDomainInformation":
           { "OwnerId": "123456789012", "DomainName": "logs" } },
         "RemoteDomainInfo": { "AWSDomainInformation":
           { "OwnerId": "210987654321", "DomainName": "archive" } },
         "ConnectionMode": "DIRECT",
         "Fault": { "fault": "slow", "delayMs": 500 } }]

    FAULTS: set by a call from the same machine, which needs no signature. A fault
    holds for the next "count" requests with a valid signature; without "count",
    until it is deleted. With "connectionId" it holds for rejects of that
    connection. Of several that match, the oldest counts.

      F=http://127.0.0.1:PORT/_simulator/faults
      curl $F -d '{"fault":"throttle","count":2}'    400 ThrottlingException
      curl $F -d '{"fault":"error"}'                 500 InternalException
      curl $F -d '{"fault":"error","status":503,"code":"ServiceUnavailable",
                   "message":"Later"}'               another error
      curl $F -d '{"fault":"html"}'                  502, HTML: a proxy's error
      curl $F -d '{"fault":"stall"}'                 no answer, ever
      curl $F -d '{"fault":"cut"}'                   closed without an answer
      curl $F -d '{"fault":"cut-mid","bytes":10}'    closed after 10 bytes of body
      curl $F -d '{"fault":"garbage"}'               200, but the body isn't JSON
      curl $F -d '{"fault":"empty"}'                 200 without a body
      curl $F -d '{"fault":"slow","delayMs":1000}'   the usual answer, but later
      curl $F -d '{"fault":"stall","connectionId":"c-0123456789abcdef0"}'
      curl $F -X DELETE                              no more faults

    With throttle, error, html and stall nothing happens to the connection. With
    the others the call is carried out, and only its answer suffers.

    The connections as they are now:

      curl http://127.0.0.1:PORT/_simulator/connections

    LOG: one JSON object a line. The first is {"event":"listening"} with the
    address. Each request follows before its answer is sent: operation, key id,
    signed headers, verdict on the signature, status and code of the answer.

    EXIT CODES: 0 after SIGTERM or SIGINT, 64 for a wrong command line, 74 if the
    log can't be written, 78 for a bad setting.
    """#
}
