"""The media seam: what answers an SDP offer, and the answer of a call in which only words are exchanged."""

import re
from typing import Protocol

from dev.simulator.chance import Chance
from dev.simulator.errors import ApiError
from dev.simulator.line import Line

_HOSTS = ("192.0.2.1", "192.0.2.2", "192.0.2.3")  # documentation addresses: nobody answers there
_AUDIO = re.compile(r"^m=audio ", re.MULTILINE)
_OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000", re.MULTILINE | re.IGNORECASE)
_MID = re.compile(r"^a=mid:(\S+)", re.MULTILINE)


class Media(Protocol):
    """Where real WebRTC can be plugged in."""

    async def answer(self, offer: str, line: Line) -> str:
        """The SDP answer, with its trailing newline. Raise ApiError 400 for an offer it cannot read.

        A data channel is a peer: put it into `line.session.peers`, and its messages into `line.events`.
        """

    async def close(self, call_id: str) -> None:
        """The call is over; let go of what `answer` opened. Unknown calls are ignored."""

    def cut(self, call_id: str, seconds: float | None) -> bool:
        """Carry nothing for that call for so long, or for good; tell whether there is anything to cut."""


class WordsOnly:
    """Answers in the shape of the recorded answer, with fresh credentials and no transport behind."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    async def answer(self, offer: str, line: Line) -> str:
        sections = _sections(offer)
        ufrag, password = self._chance.suffix(16), self._chance.suffix(32)
        mids = [_mid(section, index) for index, section in enumerate(sections)]
        lines = [*self._head(mids)]
        for section, mid in zip(sections, mids, strict=True):
            if section.startswith("m=audio"):
                lines += self._audio(section, mid, ufrag, password)
            else:
                lines += self._data(mid, ufrag, password)
        return "\r\n".join(lines) + "\r\n"

    async def close(self, call_id: str) -> None:
        return None

    def cut(self, call_id: str, seconds: float | None) -> bool:
        return False

    def _head(self, mids: list[str]) -> list[str]:
        fingerprint = self._chance.hex(64).upper()
        pairs = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2))
        return [
            "v=0",
            f"o=- {self._chance.number(62)} {self._chance.number(31)} IN IP4 0.0.0.0",
            "s=-",
            "t=0 0",
            "a=msid-semantic:WMS *",
            f"a=fingerprint:sha-256 {pairs}",
            "a=ice-lite",
            f"a=group:BUNDLE {' '.join(mids)}",
        ]

    def _audio(self, section: str, mid: str, ufrag: str, password: str) -> list[str]:
        opus = _OPUS.search(section)
        payload = opus.group(1) if opus else "96"
        ssrc = self._chance.number(32)
        lines = [
            f"m=audio 9 UDP/TLS/RTP/SAVPF {payload} 0 8",
            "c=IN IP4 0.0.0.0",
            "a=setup:active",
            f"a=mid:{mid}",
            f"a=ice-ufrag:{ufrag}",
            f"a=ice-pwd:{password}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            f"a=rtpmap:{payload} opus/48000/2",
            f"a=fmtp:{payload} minptime=10;useinbandfec=1",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:8 PCMA/8000",
            f"a=ssrc:{ssrc} cname:realtimeapi",
            f"a=ssrc:{ssrc} msid:realtimeapi audio",
            f"a=ssrc:{ssrc} mslabel:realtimeapi",
            f"a=ssrc:{ssrc} label:audio",
            "a=msid:realtimeapi audio",
            "a=sendrecv",
        ]
        for host in _HOSTS:
            udp, tcp = self._chance.number(31), self._chance.number(31)
            lines.append(f"a=candidate:{udp} 1 udp 2130706431 {host} 3478 typ host ufrag {ufrag}")
            lines.append(
                f"a=candidate:{tcp} 1 tcp 1671430143 {host} 443 typ host tcptype passive ufrag {ufrag}"
            )
        return lines

    def _data(self, mid: str, ufrag: str, password: str) -> list[str]:
        return [
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            "c=IN IP4 0.0.0.0",
            "a=setup:active",
            f"a=mid:{mid}",
            "a=sendrecv",
            "a=sctp-port:5000",
            "a=max-message-size:1073741823",
            f"a=ice-ufrag:{ufrag}",
            f"a=ice-pwd:{password}",
        ]


def _sections(offer: str) -> list[str]:
    if not offer.lstrip().startswith("v=0") or not _AUDIO.search(offer):
        raise ApiError(
            400, "The SDP offer could not be parsed: it needs an audio section.", "invalid_offer", param="sdp"
        )
    return re.split(r"^(?=m=)", offer, flags=re.MULTILINE)[1:]


def _mid(section: str, index: int) -> str:
    found = _MID.search(section)
    return found.group(1) if found else str(index)
