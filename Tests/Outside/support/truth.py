"""Holds what the gateway says of a reject against what the simulator knows that it did."""

import dataclasses

from .gateway import Answer

#: What a connection's status is once a reject was taken.
REJECTED = {"REJECTING", "REJECTED"}

#: Every ending that a reject may have: HTTP status, code, outcome.
ENDINGS = {
    (200, None, "rejected"),
    (404, "connection_not_found", "not_rejected"), (409, "connection_not_rejectable", "not_rejected"),
    (422, "upstream_validation", "not_rejected"), (503, "upstream_throttled", "not_rejected"),
    (502, "upstream_denied", "not_rejected"),
    (502, "upstream_error", "unknown"), (504, "upstream_timeout", "unknown"),
    (502, "upstream_unreachable", "not_sent"), (503, "audit_unavailable", "not_sent"),
    (503, "credentials_unavailable", "not_sent"), (503, "overloaded", "not_sent")}


@dataclasses.dataclass
class Reject:
    """A call, and what was known of its connection before."""
    connection_id: str
    #: The `StatusCode` before the call; `None` if there was no such connection.
    before: str | None
    reply: Answer
    is_dry_run: bool = False

    @property
    def outcome(self):
        """What the caller is told, in the audit's words."""
        if self.reply.status == 200:
            return "not_rejected" if self.is_dry_run else "rejected"
        return self.reply.outcome

    def check(self, truth, records):
        """Fails if the answer isn't true, or if the audit tells another story.

        `truth` is the simulator's, from after the call, and `records` are the audit's of this call.
        """
        self._check_outcome(truth)
        self._check_records(records)
        if not self.is_dry_run:
            self._check_tries(truth["rejects"]["seen"], records[1])

    def _check_outcome(self, truth):
        now = truth["Connection"]["ConnectionStatus"]["StatusCode"] if "Connection" in truth else None
        seen, applied = truth["rejects"]["seen"], truth["rejects"]["applied"]
        # A rejection that was under way goes on by itself.
        is_as_before = now == self.before or {now, self.before} <= REJECTED
        if self.is_dry_run:
            assert seen == 0 and is_as_before, "a dry run sent a reject"
            assert self.reply.status != 200 or self.reply.json["dryRun"] is True
            return
        assert (self.reply.status, None if self.reply.status == 200 else self.reply.code, self.outcome) in ENDINGS
        if self.outcome == "rejected":
            assert now in REJECTED, "told as rejected, and it isn't"
            assert applied == 1 or self.before in REJECTED
            assert self.reply.json["connection"]["id"] == self.connection_id
            assert self.reply.json["connection"]["status"] in REJECTED
        elif self.outcome == "not_rejected":
            assert applied == 0 and is_as_before, "told as not rejected, and this call rejected it"
        elif self.outcome == "not_sent":
            assert seen == 0 and is_as_before, "told as not sent, and AWS has seen it"
        else:
            # Always true, and of no use where anything is known.
            assert self.outcome == "unknown"

    def _check_records(self, records):
        assert [record["stage"] for record in records] == ["intent", "outcome"]
        record = records[1]
        assert {each["connectionId"] for each in records} == {self.connection_id}
        assert record["httpStatus"] == self.reply.status
        assert record.get("code") == (None if self.reply.status == 200 else self.reply.code)
        assert record["outcome"] == (self.reply.outcome or self.outcome)
        assert ("accessKeyId" in record) == (record["aws"]["attempts"] > 0)

    def _check_tries(self, seen, record):
        """Every reject that AWS saw is in the record, and none that it can't have seen."""
        attempts = record["aws"]["attempts"]
        body = self.reply.json
        told = body["attempts"] if self.reply.status == 200 else body.get("aws", {}).get("attempts", attempts)
        assert told == attempts
        # Where there was one request alone, `aws` tells of it.
        tries = record.get("tries", [])
        rejects = [each["ending"] for each in tries if each["operation"] == "reject"]
        assert len(rejects) == (attempts if tries else 0) and len(tries) != 1
        if tries:
            assert {each["operation"] for each in tries} <= {"reject", "look_up"}
            least = sum(ending in ("answered", "not_understood") for ending in rejects)
            most = sum(ending != "not_sent" for ending in rejects)
        else:
            least, most = int("httpStatus" in record["aws"]), int(attempts and self.outcome != "not_sent")
        assert least <= seen <= most, f"{least}–{most} rejects in the record, AWS has seen {seen}"
