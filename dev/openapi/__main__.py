"""Write the API's OpenAPI document where it is served from: `python -m dev.openapi`."""

from __future__ import annotations

import json

from dev.openapi.document import document
from dev.openapi.routes import ROOT

SERVED = ROOT / "functions" / "get_openapi" / "openapi.json"


def text() -> str:
    """Return the document as it is served."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write the document."""
    SERVED.write_text(text(), "utf-8")
    print(f"wrote {SERVED.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
