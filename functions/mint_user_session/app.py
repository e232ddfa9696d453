"""GET /api/session: mint a session for a page that has only cookies."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.mint_user_session import mint_user_session

handler = endpoint(mint_user_session, bootstrap, lenient=True, told_as="/api/session")
