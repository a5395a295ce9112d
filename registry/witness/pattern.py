# SPDX-License-Identifier: Apache-2.0
"""What does a pattern say? RE2's syntax as a tree of character sets, so that texts can be made from it.

Parts that cannot be told by characters alone (word boundaries, Unicode classes) are taken loosely: `exact` says so, and
whoever makes a text from the tree has it checked by RE2.
"""

from dataclasses import dataclass, field

from registry.witness.characters import CATEGORIES, CLASSES, CONTROLS, NAMED, TOP, Ranges, complement, union


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of sorted, disjoint ranges of code points."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    """All parts, one after the other; none is the empty text."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the parts."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The part so many times; `most` None is without end."""

    part: "Tree"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The start of the text, or its end."""

    start: bool


Tree = Chars | Sequence | Choice | Repeat | Anchor
EMPTY = Sequence(())


class UnknownPatternError(ValueError):
    """The pattern uses syntax that is not read here."""


_MOST_REPEATS = 1000


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    flags: set[str] = field(default_factory=set)
    exact: bool = True

    @property
    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, token: str) -> bool:
        if token and self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def one(self) -> str:
        mark = self.next
        if not mark:
            raise UnknownPatternError("the pattern ends too early")
        self.at += 1
        return mark


def parse(text: str) -> tuple[Tree, bool]:
    """The tree of a pattern, and whether it is exact. Raises UnknownPatternError for syntax that is not read here."""
    reader = _Reader(text)
    tree = _choice(reader)
    if reader.next:
        raise UnknownPatternError(f"unexpected {reader.next!r}")
    return tree, reader.exact


def _choice(reader: _Reader) -> Tree:
    parts = [_sequence(reader)]
    while reader.take("|"):
        parts.append(_sequence(reader))
    return parts[0] if len(parts) == 1 else Choice(tuple(parts))


def _sequence(reader: _Reader) -> Tree:
    parts: list[Tree] = []
    while reader.next not in ("", "|", ")"):
        parts.append(_repeated(reader, _single(reader)))
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _repeated(reader: _Reader, part: Tree) -> Tree:
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    while True:
        if reader.next in simple:
            least, most = simple[reader.one()]
        elif (counts := _counts(reader)) is not None:
            least, most = counts
        else:
            return part
        reader.take("?")  # lazy or not is the same language
        part = Repeat(part, least, most)


def _counts(reader: _Reader) -> tuple[int, int | None] | None:
    """`{2}`, `{2,}` or `{2,5}`; None, and nothing is read, when the brace is an ordinary character."""
    if reader.next != "{":
        return None
    inner, closed, _ = reader.text[reader.at + 1 :].partition("}")
    low, comma, high = inner.partition(",")
    if not (closed and low.isdecimal() and (high == "" or high.isdecimal())):
        return None
    if max(int(low), int(high or 0)) > _MOST_REPEATS:
        raise UnknownPatternError("too many repetitions")
    reader.at += len(inner) + 2
    return int(low), (int(high) if high else None) if comma else int(low)


def _single(reader: _Reader) -> Tree:
    mark = reader.one()
    match mark:
        case "(":
            return _group(reader)
        case "[":
            return Chars(_folded(reader, _set(reader)))
        case ".":
            return Chars(((0, TOP),) if "s" in reader.flags else complement(((10, 10),)))
        case "^" | "$":
            if "m" in reader.flags:
                raise UnknownPatternError("lines")
            return Anchor(mark == "^")
        case "\\":
            return _escaped(reader)
        case "*" | "+" | "?":
            raise UnknownPatternError("nothing to repeat")
        case _:
            return Chars(_folded(reader, ((ord(mark), ord(mark)),)))


def _group(reader: _Reader) -> Tree:
    before = set(reader.flags)
    if reader.take("?P<") or reader.take("?<"):
        while reader.one() != ">":
            pass
    elif reader.take("?"):
        marks = ""
        while reader.next and reader.next not in ":)":
            marks += reader.one()
        on, _, off = marks.partition("-")
        if not set(on + off) <= set("imsU"):
            raise UnknownPatternError(f"group (?{marks}")
        reader.flags = (reader.flags | set(on)) - set(off)
        if reader.take(")"):
            return EMPTY  # flags for the rest of the group around it
        reader.one()
    tree = _choice(reader)
    if not reader.take(")"):
        raise UnknownPatternError("a group is not closed")
    reader.flags = before
    return tree


def _escaped(reader: _Reader) -> Tree:
    mark = reader.one()
    if mark in "Az":
        return Anchor(mark == "A")
    if mark in "bB":
        reader.exact = False
        return EMPTY
    if mark == "Q":
        literal, _, _ = reader.text[reader.at :].partition("\\E")
        reader.at = min(len(reader.text), reader.at + len(literal) + 2)
        return Sequence(tuple(Chars(_folded(reader, ((ord(c), ord(c)),))) for c in literal))
    return Chars(_folded(reader, _class(reader, mark)))


def _class(reader: _Reader, mark: str) -> Ranges:
    """The code points of an escape, whose backslash and first character were read."""
    if mark.lower() in CLASSES:
        known = CLASSES[mark.lower()]
        return known if mark.islower() else complement(known)
    if mark in "pP":
        return _category(reader, negated=mark == "P")
    if mark in CONTROLS:
        code = CONTROLS[mark]
    elif mark == "x":
        code = _hexadecimal(reader)
    elif mark.isalnum():
        raise UnknownPatternError(f"escape \\{mark}")
    else:
        code = ord(mark)
    return ((code, code),)


def _category(reader: _Reader, *, negated: bool) -> Ranges:
    reader.exact = False
    name = reader.one()
    if name == "{":
        name, _, _ = reader.text[reader.at :].partition("}")
        reader.at += len(name) + 1
    if name.startswith("^"):
        name, negated = name[1:], not negated
    if name not in CATEGORIES:
        raise UnknownPatternError(f"category {name}")
    return complement(CATEGORIES[name]) if negated else CATEGORIES[name]


def _hexadecimal(reader: _Reader) -> int:
    if reader.take("{"):
        digits, _, _ = reader.text[reader.at :].partition("}")
        reader.at += len(digits) + 1
    else:
        digits = reader.one() + reader.one()
    try:
        return min(int(digits, 16), TOP)
    except ValueError as error:
        raise UnknownPatternError(f"\\x{digits}") from error


def _set(reader: _Reader) -> Ranges:
    """The code points of `[...]`, whose opening bracket was read."""
    negated = reader.take("^")
    found: list[Ranges] = []
    first = True
    while first or reader.next != "]":
        first = False
        low = _member(reader)
        if reader.next == "-" and reader.text[reader.at + 1 : reader.at + 2] not in ("]", ""):
            reader.one()
            high = _member(reader)
            found.append(((low[0][0], high[-1][1]),))
        else:
            found.append(low)
    reader.one()
    ranges = _folded(reader, union(*found))
    return complement(ranges) if negated else ranges


def _member(reader: _Reader) -> Ranges:
    if reader.take("[:"):
        name, _, _ = reader.text[reader.at :].partition(":]")
        reader.at += len(name) + 2
        negated = name.startswith("^")
        known = NAMED.get(name.removeprefix("^"))
        if known is None:
            raise UnknownPatternError(f"[:{name}:]")
        return complement(known) if negated else known
    mark = reader.one()
    if mark == "\\":
        return _class(reader, reader.one())
    return ((ord(mark), ord(mark)),)


def _folded(reader: _Reader, ranges: Ranges) -> Ranges:
    """With both cases of ASCII letters where case does not matter."""
    if "i" not in reader.flags:
        return ranges
    other = [
        (max(low, start) + shift, min(high, end) + shift)
        for low, high in ranges
        for start, end, shift in ((65, 90, 32), (97, 122, -32))
        if max(low, start) <= min(high, end)
    ]
    return union(ranges, tuple(other))
