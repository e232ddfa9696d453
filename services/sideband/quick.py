"""Write pages on the event loop; whatever is unusual is left to the store, which may repeat a write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from switchboard.domain import limits
from switchboard.domain.call import Lease
from switchboard.domain.errors import Throttled
from switchboard.stores.dynamodb.direct import Direct, told
from switchboard.stores.dynamodb.failures import translate
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts

from sideband.post import Post

PUT = "PutItem"
PORTS = {"https": 443, "http": 80}


class QuickPages:
    """The pages of a table that `direct` asks: half the CPU of a write in a thread, and less time."""

    def __init__(
        self, pages: DynamoTranscripts, direct: Direct, seconds: float = limits.AWS_READ_SECONDS
    ) -> None:
        url = direct.url
        port = url.port or PORTS[url.scheme]
        self._pages = pages
        self._direct = direct
        self._post = Post(url.hostname or "", port, direct.trust, seconds)

    async def write(
        self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Store the page as `Transcripts.write` does; False if only that can tell. Raise Throttled."""
        if not self._direct.is_ready:
            return False
        request = self._pages.write_request(lease, number, revision, entries)
        try:
            told(PUT, *await self._post(self._direct.message(PUT, request)))
        except OSError:
            return False
        except ClientError as refused:
            error = translate(refused)
            if isinstance(error, Throttled):
                raise error from refused
            return False
        return True
