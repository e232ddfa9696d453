"""What an address tells: whether it is this machine, and the network that one household or office shares."""

from __future__ import annotations

from hashlib import sha256
from hmac import new as hmac
from ipaddress import IPv6Address, ip_address, ip_network

from switchboard.domain import limits


def prefix_of(address: str) -> str:
    """Return the prefix of an IP address, such as `192.0.2.0/24`; what is no address is `unknown`."""
    try:
        ip = ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    bits = limits.NETWORK_BITS_V4 if ip.version == 4 else limits.NETWORK_BITS_V6
    return str(ip_network((ip.packed, bits), strict=False))


def is_local(host: str) -> bool:
    """True for the name or an address of this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def hashed(prefix: str, key: str) -> str:
    """Return what tells one network from another and cannot be turned back without the key."""
    return hmac(key.encode(), f"network:{prefix}".encode(), sha256).hexdigest()[:32]
