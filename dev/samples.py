"""Write the records that the sample payloads of events/ name, so that each function has something to work on.

Started by `dev.invoke` as a process of its own with the functions' environment; prints the guest's token.
Whatever stood there under the sample ids is replaced.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from switchboard.bootstrap import Parts, bootstrap
from switchboard.domain.call import Lease
from switchboard.domain.extraction import DEFAULT_SCHEMA, Evidence, Extraction, Finding
from switchboard.domain.log import Log, LogPart, analytics_of, lines_of
from switchboard.domain.memory import Memory
from switchboard.domain.ports.transcripts import Digest
from switchboard.domain.principal import Guest, User
from switchboard.domain.report import report_of
from switchboard.domain.secret import ClientSecret
from switchboard.domain.session import Session
from switchboard.domain.ticket import Ticket
from switchboard.domain.transcript import Transcript, changed, fold, to_entry

NUMBER = "0123456789abcdef"
SESSION_ID = f"sess_{NUMBER * 2}"
EXTRACTION_ID = f"ext_{NUMBER * 2}"
LOG_ID, MEMORY_ID = f"log_{NUMBER * 2}", f"mem_{NUMBER * 2}"
GUESTS_LOG_ID = f"log_{NUMBER[::-1] * 2}"
TRANSCRIPT_VERSION = NUMBER
USER = User("user_sample")
GUEST = Guest(f"gst_{NUMBER * 2}")
SECRET_S = 600
"""How long the sample secret lives: as long as a real one."""

TALK = (("user", "My name is Ada, and I live in Lisbon."), ("assistant", "Hello, Ada. What brings you here?"))


def main() -> None:
    """Replace the sample records, and print the headers that prove the sample guest."""
    parts = bootstrap(())
    _forget(parts)
    _write_session(parts)
    _write_transcript(parts)
    _write_extraction(parts)
    _write_log(parts)
    token = parts.identity.guest_token(GUEST)
    sys.stdout.write(json.dumps({"x-guest-token": token}) + "\n")


def _forget(parts: Parts) -> None:
    client = parts.client("dynamodb")
    logs = f"LOG#{LOG_ID}", f"LOG#{GUESTS_LOG_ID}", f"REPORT#{SESSION_ID}"
    for pk in (f"SESSION#{SESSION_ID}", f"EXTRACTION#{EXTRACTION_ID}", *logs, f"MEMORY#{USER.owner}"):
        answer = client.query(
            TableName=parts.settings.table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )
        parts.table.delete_all((row["pk"]["S"], row["sk"]["S"]) for row in answer["Items"])


def _write_session(parts: Parts) -> None:
    now = parts.clock()
    secret = ClientSecret("ek_sample", now + timedelta(seconds=SECRET_S))
    session = Session(
        id=SESSION_ID,
        owner=GUEST.owner,
        mode="direct",
        model=parts.settings.realtime_model,
        voice=parts.settings.realtime_voice,
        transcription=True,
        base_instructions="Help the caller to settle in.",
        instructions="Help the caller to settle in.",
        secret_id=parts.secrets.add(SESSION_ID, 1, secret),
        created_at=now,
        updated_at=now,
    )
    parts.sessions.add(session)
    expires_at = now + timedelta(seconds=SECRET_S)
    parts.tickets.add(Ticket(f"ek_{NUMBER * 2}", SESSION_ID, GUEST.owner, expires_at))


def _write_transcript(parts: Parts) -> None:
    """Write one page of a call that no host follows, and the digest of it."""
    talk = Transcript()
    for number, (role, text) in enumerate(TALK, start=1):
        part = {"type": "input_text" if role == "user" else "output_text", "text": text}
        item = {
            "id": f"item_{number}",
            "type": "message",
            "role": role,
            "status": "completed",
            "content": [part],
        }
        before = f"item_{number - 1}" if number > 1 else None
        talk = fold(talk, {"type": "conversation.item.done", "previous_item_id": before, "item": item})
    lease = Lease(SESSION_ID, 1, "rtc_u0_sample0000000000000", "host_sample", 1)
    page = parts.transcripts.seal(lease, 0)
    parts.transcripts.write(lease, page, 1, [to_entry(item) for item in changed(Transcript(), talk)])
    told = "\n".join(f"{role}: {text}" for role, text in TALK)
    parts.digests.save(SESSION_ID, TRANSCRIPT_VERSION, Digest("full", told))


def _write_extraction(parts: Parts) -> None:
    """Write an extraction that has read its one chunk."""
    extraction = Extraction(
        id=EXTRACTION_ID,
        session_id=SESSION_ID,
        owner=GUEST.owner,
        transcript_version=TRANSCRIPT_VERSION,
        schema=DEFAULT_SCHEMA,
        started_at=parts.clock(),
    )
    parts.extractions.start(extraction)
    finding = Finding({"name": "Ada", "location": "Lisbon"}, (Evidence("name", ("item_1",)),))
    parts.extractions.add_finding(extraction, 0, finding)


def _write_log(parts: Parts) -> None:
    """Write a log of the user whose one part is summarised, a memory of an earlier one, a guest's log."""
    content = {"messages": [{"role": role, "content": text} for role, text in TALK], "metadata": {}}
    log = Log(LOG_ID, USER.owner, None, parts.clock(), len(str(content)))
    parts.logs.add(log.digested("Ada lives in Lisbon.", suspicious=False), content)
    parts.logs.add_part(LOG_ID, 0, LogPart("Ada lives in Lisbon.", suspicious=False))
    guests = Log(GUESTS_LOG_ID, GUEST.owner, SESSION_ID, parts.clock(), len(str(content)))
    counted = guests.analysed(analytics_of(content, lines_of(content))).done("not_a_user")
    parts.logs.add(counted, content)
    parts.reports.add(SESSION_ID, GUESTS_LOG_ID, parts.clock(), report_of(content))
    parts.memories.add(Memory(MEMORY_ID, USER.owner, "She likes to swim in the sea.", parts.clock()))


if __name__ == "__main__":
    main()
