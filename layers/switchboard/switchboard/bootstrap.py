"""The one place where the parts meet: each client and store is made here, once, when first asked for."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable

from switchboard.parts.allowances import Allowances
from switchboard.parts.identity import Identities
from switchboard.parts.packed import Packed
from switchboard.parts.upstream import Upstream

# A function makes a hundred thousand objects while it starts, hardly any of them garbage: the collector looks
# through them over and over, for a tenth of the start's time. It waits until `bootstrap` is done, and leaves
# alone for good what has been made by then.
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
if ON_LAMBDA:
    gc.disable()


class Parts(Allowances, Identities, Packed, Upstream):
    """The parts of one process, by the names that use cases give them. Imports wait until a part is used."""


_parts = Parts(os.environ)


def bootstrap(names: Iterable[str]) -> Parts:
    """Return the parts, with those named made now: so that a function pays for them while it starts."""
    for name in names:
        getattr(_parts, name)
    if ON_LAMBDA:
        gc.freeze()
        gc.enable()
    return _parts
