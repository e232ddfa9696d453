"""GET /extract-profile/{extractionId}: show an extraction."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint, extraction_reply
from switchboard.usecases.get_extraction import get_extraction

handler = endpoint(get_extraction, bootstrap, reply=extraction_reply)
