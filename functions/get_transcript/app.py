"""GET /session/{sessionId}/transcript: show what was said, in order."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.get_transcript import get_transcript

handler = endpoint(get_transcript, bootstrap)
