"""GET /api/codex/chatkit/token: issue the token of a chat."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.issue_chat_token import issue_chat_token

handler = endpoint(issue_chat_token, bootstrap)
