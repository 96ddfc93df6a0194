-- What wrk sends: a POST again and again, with the token and without a body, each for another connection, since calls for the
-- same one at the same time would share one call to AWS. At the end, one line of JSON.
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCHMARK_TOKEN")

local count = 0

function request()
  count = count + 1
  return wrk.format(nil, string.format("/connections/c-b%012x/reject", count))
end

function done(summary, latency, requests)
  local errors = summary.errors
  -- wrk counts in microseconds.
  io.write(string.format(
    '\n{"calls":%d,"seconds":%.6f,"p50":%d,"p99":%d,' ..
      '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
