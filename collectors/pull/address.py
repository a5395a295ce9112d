# SPDX-License-Identifier: Apache-2.0
"""May we connect there? A host is resolved, every address it has is checked, and the connection goes to a checked one.

So a name that resolves to something else a moment later, or an address written in an odd form, changes nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from collectors.pull.failure import SourceFailure
from terms.problem import Problem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32 = 0xFFFF_FFFF
# Where clouds answer with credentials though the address is not link-local: AWS over IPv6, Alibaba.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200")))


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host as the system resolves it. Raises OSError when it has none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked(host: str, port: int, allow_private: bool, resolve: Resolve = resolved) -> str:
    """An address of the host to connect to. Raises SourceFailure when it has none, or has one that is not allowed."""
    try:
        found = await resolve(host, port)
    except OSError as error:
        problem = Problem(f"has no address: {error.strerror or error}", host, "check its name, and our DNS")
        raise SourceFailure("unreachable", problem) from error
    for text in found:
        why = refusal(ipaddress.ip_address(text.partition("%")[0]), allow_private)
        if why:
            do = (
                "use another address"
                if allow_private
                else "have an admin allow private addresses for this source (allowPrivate), if it is meant to be one"
            )
            raise SourceFailure("blocked", Problem(f"resolves to {text}, which is {why}", host, do))
    if not found:
        raise SourceFailure("unreachable", Problem("has no address", host, "check its name, and our DNS"))
    return found[0]


def refusal(address: Address, allow_private: bool) -> str:
    """Why nothing may be asked there, in a word or two; empty when it may.

    Link-local addresses are refused whatever an admin allowed: clouds answer with credentials there.

    >>> refusal(ipaddress.ip_address("127.0.0.1"), False), refusal(ipaddress.ip_address("169.254.169.254"), True)
    ('private', 'link-local')
    >>> refusal(ipaddress.ip_address("64:ff9b::a00:1"), False), refusal(ipaddress.ip_address("10.0.0.1"), True)
    ('private', '')
    """
    inner = _inner(address)
    if inner.is_link_local or inner in _METADATA:
        return "link-local"
    if inner.is_multicast or inner.is_unspecified:
        return "no single host"
    if not inner.is_global and not allow_private:
        return "private"
    return ""


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LOW_32)
    if address.teredo:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or address
