"""libcurl's silent second PUT: when a reused connection dies before the first byte of an answer, it sends the request
again by itself and tells nobody. One call is one request, and what became of it isn't known then."""

import subprocess

import pytest
from support.gateway import ONE_ATTEMPT, Gateway
from support.simulator import PATIENCE, environment
from support.upstream import Upstream, answer, body_of, connection_id_of

FIRST, SECOND, THIRD = "c-first-00000001", "c-second-0000002", "c-third-00000003"


def close(request, wire):
    return False


def reset(request, wire):
    wire.reset()


def dying(ending):
    """A script for connections that answer their first PUT and die of their second, once all of it was read."""
    def script(request, wire):
        first_of_connection = request.number == min(
            other.number for other in script.upstream.requests
            if other.connection == request.connection and other.method == "PUT")
        return Upstream.succeed(request, wire) if first_of_connection else ending(request, wire)
    return script


@pytest.fixture(params=[close, reset], ids=["closed", "reset"])
def upstream(request):
    script = dying(request.param)
    with Upstream(script) as running:
        script.upstream = running
        yield running


def test_the_trap_is_armed_libcurl_left_to_itself_sends_a_second_put(upstream):
    """Without this, the test below would also pass with a stub that provokes nothing."""
    def put(connection_id):
        return f"{upstream.url}/2021-01-01/opensearch/cc/inboundConnection/{connection_id}/reject"
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--http1.1", "--request", "PUT", "--data", "", put(FIRST), put(SECOND)],
        capture_output=True, timeout=PATIENCE, env=environment("/nonexistent"), check=False)
    assert len(upstream.puts(FIRST)) == 1
    if len(upstream.puts(SECOND)) == 1:
        pytest.skip(f"this libcurl doesn't send it again where a connection ends like this: {done.stderr.decode()}")
    # And it takes the second for a success, as if nothing had happened.
    assert len(upstream.puts(SECOND)) == 2 and done.returncode == 0, done


def test_one_attempt_is_one_put_and_its_outcome_is_unknown(upstream):
    with Gateway(upstream.url, env=ONE_ATTEMPT) as gateway:
        assert gateway.reject(FIRST).status == 200
        reply = gateway.reject(SECOND, headers={"X-Request-Id": "second"})

        assert (reply.status, reply.code, reply.outcome) == (504, "upstream_timeout", "unknown"), reply
        [put] = upstream.puts(SECOND)
        # It was the reused connection that died, else the trap wasn't sprung.
        assert put.connection == upstream.puts(FIRST)[0].connection
        intent, outcome = [record for record in gateway.records() if record.get("requestId") == "second"]
        assert (intent["stage"], outcome["stage"]) == ("intent", "outcome")
        assert (outcome["outcome"], outcome["httpStatus"], outcome["aws"]) == ("unknown", 504, {"attempts": 1})

        # The dead connection is forgotten: the next call gets a new one, and its answer.
        assert gateway.reject(THIRD).status == 200
        assert len(upstream.puts(THIRD)) == 1
        gateway.check_chain()


def test_the_second_put_is_the_gateways_own_and_stands_in_the_record(upstream):
    with Gateway(upstream.url) as gateway:
        assert gateway.reject(FIRST).status == 200
        reply = gateway.reject(SECOND, headers={"X-Request-Id": "second"})
        # The answer of AWS itself to the second one: it took the reject.
        assert (reply.status, reply.json["attempts"]) == (200, 2), reply
        first, second = upstream.puts(SECOND)
        assert first.connection == upstream.puts(FIRST)[0].connection != second.connection
        [outcome] = [record for record in gateway.records("outcome") if record["requestId"] == "second"]
        assert outcome["outcome"] == "rejected"
        assert [(attempt["operation"], attempt["ending"]) for attempt in outcome["tries"]] == [
            ("reject", "no_answer"), ("reject", "answered")]
        gateway.check_chain()


def test_calls_one_after_another_share_a_connection():
    with Upstream() as upstream, Gateway(upstream.url) as gateway:
        assert [gateway.reject(f"c-sequential-{number:04}").status for number in range(5)] == [200] * 5
        assert upstream.connection_count == 1
        assert len(upstream.requests) == 5


def test_a_connection_that_the_other_side_closed_in_the_meantime_costs_no_call():
    """After its answer the stub closes the connection without a word: nothing was sent on it, so nothing is lost."""
    def script(request, wire):
        wire.send(answer(200, body_of(connection_id_of(request))))
        return False
    with Upstream(script) as upstream, Gateway(upstream.url, env=ONE_ATTEMPT) as gateway:
        for number in range(5):
            reply = gateway.reject(f"c-closed-{number:08}")
            # The close may cross the next request on the wire; then nobody knows, and that is what is said.
            assert reply.status == 200 or reply.outcome == "unknown", reply
            assert len(upstream.puts(f"c-closed-{number:08}")) <= 1
        assert len(gateway.records("intent")) == len(gateway.records("outcome")) == 5
