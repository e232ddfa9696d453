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
    commands = [line for block in blocks for line in block.replace("\\\n", "").splitlines()]
    return [command for command in commands if command.startswith("curl ")]


def run(http: httpx.Client, line: str) -> httpx.Response:
    """Do what the curl line does. `-b` and `-c` name a cookie jar, which here is the client's own."""
    words = shlex.split(line)[1:]
    method, url, headers = "GET", "", {}
    body: str | bytes | None = None
    while words:
        match words.pop(0):
            case "-s" | "-sN" | "-si":
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
            case "--data-binary":
                body = (README.parent / words.pop(0).removeprefix("@")).read_bytes()
            case word:
                assert word.startswith("http"), line
                url = word
    return http.request(method, url, content=body, headers=headers)


def test_the_curl_lines_of_the_readme_work(house: House) -> None:
    found = [line for line in lines("Call it") if "jar" not in line]
    assert len(found) == 7
    with httpx.Client(timeout=60) as http:
        http.cookies.clear()
        created = run(http, found[0].replace("http://127.0.0.1:8787", house.stack.api_url))
        assert created.status_code == 201, created.text
        session = created.json()
        http.headers["x-guest-token"] = created.headers["x-guest-token"]  # the cookie wants TLS
        names = {
            "http://127.0.0.1:8787": house.stack.api_url,
            "http://127.0.0.1:8788": house.stack.simulator_url,
            "sess_…": session["sessionId"],
            "ek_…": session["clientSecret"],
        }

        def ask(line: str) -> httpx.Response:
            for written, real in names.items():
                line = line.replace(written, real)
            return run(http, line)

        call, attach, transcript, renew, extract, end = found[1:]
        names["rtc_…"] = ask(call).headers["location"].rpartition("/")[2]
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
