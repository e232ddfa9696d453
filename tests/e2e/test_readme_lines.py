"""The README's curl lines, run in their order as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import httpx

from tests.e2e.conftest import House, eventually

README = Path(__file__).parents[2] / "README.md"


def lines(section: str) -> list[str]:
    """Return the curl lines of a section of the README."""
    text = README.read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("curl ")]


def run(http: httpx.Client, line: str) -> httpx.Response:
    """Do what the curl line does. `-b` and `-c` name a cookie jar, which here is the client's own."""
    words = shlex.split(line)[1:]
    method, body, url, headers = "GET", None, "", {}
    while words:
        match words.pop(0):
            case "-s" | "-sN":
                pass
            case "-b" | "-c":
                words.pop(0)
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(":")
                headers[name] = value.strip()
            case "-d":
                body = words.pop(0)
            case word:
                assert word.startswith("http"), line
                url = word
    return http.request(method, url, content=body, headers=headers)


def test_the_curl_lines_of_the_readme_work(house: House) -> None:
    found = [line for line in lines("Call it") if "guest" in line]
    assert len(found) == 6
    with httpx.Client(timeout=60) as http:
        http.cookies.clear()
        created = run(http, found[0].replace("http://127.0.0.1:8787", house.stack.api_url))
        assert created.status_code == 201, created.text
        session = created.json()
        http.headers["x-guest-token"] = created.headers["x-guest-token"]  # the cookie wants TLS
        call_id = house.browser().call_named(session["clientSecret"], "demo")
        names = {
            "http://127.0.0.1:8787": house.stack.api_url,
            "sess_…": session["sessionId"],
            "rtc_…": call_id,
        }

        def ask(line: str) -> httpx.Response:
            for written, real in names.items():
                line = line.replace(written, real)
            return run(http, line)

        attach, transcript, renew, extract, end = found[1:]
        assert ask(attach).status_code == 202
        eventually(lambda: any(item["text"] for item in ask(transcript).json()["items"]))
        assert ask(renew).json()["restored"] in ("full", "digest")  # somebody may be in mid-sentence
        assert "profile" in json.dumps(ask(extract).json())
        assert ask(end).json()["status"] == "ended"


def test_the_curl_lines_for_the_text_agent_work(house: House) -> None:
    found = [line for line in lines("Call it") if "jar" in line]
    assert len(found) == 3
    with httpx.Client(timeout=60) as http:
        for line in found:
            answer = run(http, line.replace("http://127.0.0.1:8787", house.stack.api_url))
            assert answer.is_success, (line, answer.text)
