# SPDX-License-Identifier: Apache-2.0
"""Saved views on both databases: one for a key, one for a name, in the order of their names."""

from controlplane import saved_view
from controlplane.database import Actor, Database
from controlplane.saved_view import NameTaken, Saved, Wish
from tests.conftest import FixedClock

ADA = Actor("person", "Ada")


def test_views_are_kept_once_and_found_by_their_owner(database: Database, clock: FixedClock) -> None:
    """The same key answers with what it saved; another key on the same name changes nothing unless it may."""

    def save(owner: str, key: str, wish: Wish) -> object:
        return database.write(
            lambda s: saved_view.save(s, owner, key, wish, clock()), actor=ADA, reason="test"
        )

    stuck = Wish("Stuck", "status:stuck", "-waited")
    first = save("Ada", "k1", stuck)
    assert isinstance(first, Saved)
    assert save("Ada", "k1", Wish("Other", "", "-started")) == Saved(first.view, already_there=True)
    assert save("Ada", "k2", stuck) == NameTaken(first.view)
    assert isinstance(save("Bob", "k1", stuck), Saved)
    over = save("Ada", "k3", Wish("Stuck", "status:failed", "due", replace=True))
    assert isinstance(over, Saved)
    assert (over.view.view_id, over.view.query) == (first.view.view_id, "status:failed")
    save("Ada", "k4", Wish("All", "", "-started"))
    names = database.read(lambda s: [view.name for view in saved_view.views(s, "Ada", 5)])
    assert names == ["All", "Stuck"]
    behind = database.read(lambda s: saved_view.views(s, "Ada", 5, after="All"))
    assert [view.name for view in behind] == ["Stuck"]
    view_id = first.view.view_id
    for owner, is_gone in (("Bob", False), ("Ada", True), ("Ada", False)):
        gone = database.write(lambda s, o=owner: saved_view.remove(s, o, view_id), actor=ADA, reason="test")  # type: ignore[misc]
        assert gone is is_gone
