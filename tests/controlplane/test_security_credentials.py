# SPDX-License-Identifier: Apache-2.0
"""Credentials: what is stored of them, how long they hold, and what ends them."""

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from starlette.requests import HTTPConnection

from controlplane.database import Actor, Database
from controlplane.security import store
from controlplane.security.caller import COOKIE, Caller, Credentials
from controlplane.security.secret import parse_token
from controlplane.security.tables import SessionRow, SignInLinkRow, TokenRow
from terms.instant import DAY, HOUR, SECOND
from terms.problem import ProblemError

ACTOR = Actor("person", "Ada")


def write(database: Database, work: Any) -> Any:
    return database.write(work, actor=ACTOR, reason="test")


async def asked(credentials: Credentials, **headers: str) -> Caller | None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return await credentials.caller(HTTPConnection({"type": "http", "headers": raw}))


def run(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def test_a_token_stands_for_its_role_until_it_expires(database: Database, clock: Any) -> None:
    """A service token names its holder and role for 90 days, and nobody after that."""
    credentials = Credentials(database, clock)
    token = write(database, lambda s: store.create_token(s, "pipeline", "ci", clock()))
    caller = run(asked(credentials, authorization=f"Bearer {token}"))
    assert caller == Caller("pipeline", "token", ("ci",))
    clock.advance(90 * 86_400 + 1)
    assert run(asked(credentials, authorization=f"Bearer {token}")) is None


def test_no_secret_is_ever_stored(database: Database, clock: Any) -> None:
    """Whoever reads the database learns no token, no link and no session."""
    token = write(database, lambda s: store.create_token(s, "pipeline", "ci", clock()))
    link = write(database, lambda s: store.make_sign_in_link(s, clock()))
    write(database, lambda s: store.make_sign_in_link(s, clock()))
    opened = write(database, lambda s: store.exchange_link(s, link, clock()))
    rows = database.read(
        lambda s: [
            str(row.model_dump())
            for kind in (TokenRow, SignInLinkRow, SessionRow)
            for row in s.exec(select(kind))
        ]
    )
    assert len(rows) == 4
    for secret in (token.secret, link, opened.secret):
        assert not any(secret in row for row in rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace("tl_ci_", "tl_admin_"),
        lambda token: token.rsplit("_", 1)[0],
        lambda token: "tl_ci_000000000000_" + token.split("_", 3)[3],
        lambda token: "",
        lambda token: "x" * 5_000,
    ],
    ids=["secret altered", "role altered", "secret missing", "other id", "empty", "too long"],
)
def test_an_altered_token_is_nobody(database: Database, clock: Any, change: Any) -> None:
    """A token works as it was given out or not at all; its kind is not what the bearer writes."""
    token = str(write(database, lambda s: store.create_token(s, "pipeline", "ci", clock())))
    assert run(asked(Credentials(database, clock), authorization=f"Bearer {change(token)}")) is None


def test_a_revoked_token_ends_with_the_sessions_it_opened(database: Database, clock: Any) -> None:
    """Revoking a token also signs out the browsers that came in with it."""
    credentials = Credentials(database, clock)
    token = write(database, lambda s: store.create_token(s, "Grace", "steward", clock()))
    opened = run(credentials.sign_in_with_token(str(token)))
    cookie = f"{COOKIE}={opened.secret}"
    assert run(asked(credentials, cookie=cookie)).roles == ("steward",)
    assert write(database, lambda s: store.revoke_token(s, token.token_id, clock()))
    assert not write(database, lambda s: store.revoke_token(s, token.token_id, clock()))
    assert run(asked(credentials, cookie=cookie)) is None
    assert run(asked(credentials, authorization=f"Bearer {token}")) is None


def test_a_sign_in_link_works_once(database: Database, clock: Any) -> None:
    """The printed link opens one session of an admin; a second try says that it was used."""
    credentials = Credentials(database, clock)
    link = write(database, lambda s: store.make_sign_in_link(s, clock()))
    opened = run(credentials.sign_in_with_link(link))
    assert isinstance(opened, store.Opened)
    assert run(asked(credentials, cookie=f"{COOKIE}={opened.secret}")).roles == ("admin",)
    assert run(credentials.sign_in_with_link(link)) == "used"
    assert run(credentials.sign_in_with_link("something else")) == "unknown"


def test_a_link_and_a_session_run_out(database: Database, clock: Any) -> None:
    """A link holds for a day, a session for 12 hours however busy it is."""
    credentials = Credentials(database, clock)
    old = write(database, lambda s: store.make_sign_in_link(s, clock()))
    link = write(database, lambda s: store.make_sign_in_link(s, clock()))
    opened = run(credentials.sign_in_with_link(link))
    clock.advance(11.9 * 3600)
    assert run(asked(credentials, cookie=f"{COOKIE}={opened.secret}")) is not None
    clock.advance(0.2 * 3600)
    assert run(asked(credentials, cookie=f"{COOKIE}={opened.secret}")) is None
    clock.advance(12 * HOUR / SECOND)
    assert run(credentials.sign_in_with_link(old)) == "expired"


def test_links_long_over_are_cleared_away(database: Database, clock: Any) -> None:
    """A server started every day does not keep its links for ever."""
    for _ in range(3):
        write(database, lambda s: store.make_sign_in_link(s, clock()))
        clock.advance(40 * DAY / SECOND)
    assert len(database.read(lambda s: s.exec(select(SignInLinkRow)).all())) == 1


def test_the_boot_token_may_only_bring_spans(database: Database, clock: Any) -> None:
    """The exporter of this process has a credential of this boot, of another boot it is worth nothing."""
    credentials, other = Credentials(database, clock), Credentials(database, clock)
    caller = run(asked(credentials, authorization=f"Bearer {credentials.boot_token}"))
    assert caller is not None
    assert caller.permissions == {"ingest:spans"}
    assert caller.kind == "machine"
    assert run(asked(other, authorization=f"Bearer {credentials.boot_token}")) is None
    assert database.read(lambda s: s.exec(select(TokenRow)).all()) == []


def test_the_admin_token_of_a_file(database: Database, clock: Any, tmp_path: Path) -> None:
    """THROUGHLINE_ADMIN_TOKEN_FILE holds the first credential of a server that others can reach."""
    path = tmp_path / "token"
    path.write_text("0123456789abcdef" * 4 + "\n")
    credentials = Credentials(database, clock, path)
    caller = run(asked(credentials, authorization="bearer " + "0123456789abcdef" * 4))
    assert caller is not None
    assert caller.roles == ("admin",)
    opened = run(credentials.sign_in_with_token("0123456789abcdef" * 4))
    assert run(asked(credentials, cookie=f"{COOKIE}={opened.secret}")).name == "admin token file"


def test_a_short_or_missing_admin_token_is_told(database: Database, clock: Any, tmp_path: Path) -> None:
    """A guessable admin token does not start a server."""
    (tmp_path / "short").write_text("admin")
    with pytest.raises(ProblemError, match="shorter than 32"):
        Credentials(database, clock, tmp_path / "short")
    with pytest.raises(ProblemError, match="cannot be read"):
        Credentials(database, clock, tmp_path / "none")


def test_a_bad_bearer_is_not_helped_by_a_good_cookie(database: Database, clock: Any) -> None:
    """A request that names a credential is judged by that one."""
    credentials = Credentials(database, clock)
    link = write(database, lambda s: store.make_sign_in_link(s, clock()))
    opened = run(credentials.sign_in_with_link(link))
    cookie = f"{COOKIE}={opened.secret}"
    assert run(asked(credentials, cookie=cookie, authorization="Bearer tl_ci_1_2")) is None
    assert run(asked(credentials, cookie=cookie, authorization="Basic YTpi")) is None


def test_an_ingest_token_opens_no_page(database: Database, clock: Any) -> None:
    """A token that only brings spans cannot sign a browser in."""
    token = write(database, lambda s: store.create_token(s, "shop", "ingest", clock()))
    assert run(Credentials(database, clock).sign_in_with_token(str(token))) is None


def test_a_token_never_shows_its_secret_in_a_repr() -> None:
    """Logs print reprs; a secret is not in one."""
    text = parse_token("tl_ci_0123_se_cret")
    assert text is not None
    assert text.secret == "se_cret"
    assert "cret" not in repr(text)
