/// What `--help` says beyond the flags. No line is longer than 79 characters, so that none is broken.
enum HelpText {
  static let discussion = #"""
    It answers RejectInboundConnection and DescribeInboundConnections as AWS does:
    it checks the SigV4 signature in full, keeps each connection through its
    states, and has AWS's error codes, statuses and headers. A client is pointed
    at it with AWS_ENDPOINT_URL_OPENSEARCH, and has to have its region and keys.
    A signature may be 5 minutes off.

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
    until it is deleted. With "operation" it holds for that one alone. With
    "connectionId" it holds for rejects of that connection, or with "operation":
    "DescribeInboundConnections" for look-ups that have its id in their filter.
    Of several that match, the oldest counts.

      F=http://127.0.0.1:PORT/_simulator/faults
      curl $F -d '{"fault":"throttle","count":2}'    400 ThrottlingException
      curl $F -d '{"fault":"throttle","retryAfter":"1500"}'
                                                     with x-amz-retry-after
      curl $F -d '{"fault":"error"}'                 500 InternalException
      curl $F -d '{"fault":"error","status":503,"code":"ServiceUnavailable",
                   "message":"Later","headers":{"X-Name":"value"}}'
                                                     another error
      curl $F -d '{"fault":"error","status":403,"code":"AccessDeniedException",
                   "operation":"DescribeInboundConnections"}'
                                                     look-ups aren't allowed
      curl $F -d '{"fault":"html"}'                  502, HTML: a proxy's error
      curl $F -d '{"fault":"stall"}'                 no answer, ever
      curl $F -d '{"fault":"cut"}'                   closed without an answer
      curl $F -d '{"fault":"cut-mid","bytes":10}'    closed after 10 bytes of body
      curl $F -d '{"fault":"garbage"}'               200, but the body isn't JSON
      curl $F -d '{"fault":"empty"}'                 200 without a body
      curl $F -d '{"fault":"slow","delayMs":1000}'   the usual answer, but later
      curl $F -d '{"fault":"date","offsetSeconds":-900}'
                                                     Date is 15 minutes late
      curl $F -d '{"fault":"date","value":"x"}'      Date is this
      curl $F -d '{"fault":"date","absent":true}'    there is no Date
      curl $F -d '{"fault":"lag","ms":500}'          look-ups show the past
      curl $F -d '{"fault":"lag","frozen":true}'     ... the moment of this call
      curl $F -d '{"fault":"lag","hidden":true}'     ... nothing
      curl $F -d '{"fault":"cut-at","bytes":17}'     closed after 17 bytes, the
                                                     status line's included
      curl $F -d '{"fault":"stall-at","bytes":17}'   ... stays open, says no more
      curl $F -d '{"fault":"garbage-at","bytes":17,"seed":1}'
                                                     ... noise, then closed
      curl $F -d '{"fault":"stall","connectionId":"c-0123456789abcdef0"}'
      curl $F -X DELETE                              no more faults

    With throttle, error, html and stall nothing happens to the connection. With
    the others the call is carried out, and only its answer suffers. "applied":
    true or false says otherwise: for a reject that was carried out though its
    answer is an error, or one that never was. An answer that says what isn't so
    then lacks its last byte at least. The faults with "-at", and an absent Date,
    need plain HTTP.

    CONNECTIONS: the truth about them, whatever look-ups show.

      C=http://127.0.0.1:PORT/_simulator/connections
      curl $C                                        all
      curl $C/ID                                     one, and the rejects for it:
                                                     seen, and carried out
      curl -X PUT $C/ID -d '{"ConnectionStatus":{"StatusCode":"ACTIVE"}}'
                                                     as in a seed; new or changed
      curl -X DELETE $C/ID                           gone

    SETTINGS: any of them at a time; null for what it was at the start.

      S=http://127.0.0.1:PORT/_simulator/settings
      curl $S -d '{"clockOffsetSeconds":-600}'       AWS's clock is late: Date, and
                                                     what is too old or expired
      curl $S -d '{"rejectingForMs":2000}'           REJECTING for that long
      curl $S -d '{"lag":{"ms":500,"jitter":true}}'  look-ups show the past: up to
                                                     so long ago
      curl $S -d '{"pageLengths":[0,3]}'             every other page is empty, the
                                                     others have 3 at most
      curl $S -d '{"date":{"absent":true}}'          as the fault, always
      curl $S                                        all
      curl $S -X DELETE                              as at the start

    CREDENTIALS: those that are accepted from now on. The keys never leave again.

      K=http://127.0.0.1:PORT/_simulator/credentials
      curl -X PUT $K -d '[{"accessKeyId":"ID","secretAccessKey":"SECRET",
        "sessionToken":"TOKEN","expiresAt":"2026-11-22T16:00:00Z"}]'
      curl -X DELETE $K                              those of the command line

    LOG: one JSON object a line. The first is {"event":"listening"} with the
    address. Each request follows before its answer is sent: operation, key id,
    signed headers, verdict on the signature, status and code of the answer, and
    whether a reject was carried out.

    EXIT CODES: 0 after SIGTERM or SIGINT, 64 for a wrong command line, 74 if the
    log can't be written, 78 for a bad setting.
    """#
}
