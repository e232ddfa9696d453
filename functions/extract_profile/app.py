"""POST /extract-profile: read the transcript into a profile."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint, extraction_reply
from switchboard.usecases.extract_profile import extract_profile

handler = endpoint(extract_profile, bootstrap, reply=extraction_reply)
