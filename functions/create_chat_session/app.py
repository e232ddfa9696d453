"""POST /chatkit/sessions: open a hosted chat session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.create_chat_session import create_chat_session

handler = endpoint(create_chat_session, bootstrap, status=201)
