# SPDX-License-Identifier: Apache-2.0
"""The objects of a reading as a rule file says them: where keys stand, of what form, and what each is to others."""

from collections.abc import Mapping
from typing import Any

from collectors.extraction.rule import RELATION_ROLES, Amount, ObjectWord, Relation, Value
from collectors.extraction.words import FORM_KEYS, QUALIFIER, VALUE_KEYS, Words

_OBJECT = ("type", "prefix", "keys", "namespace", "scope", *FORM_KEYS)
_SAID = ("each", "allocated", "annotate", *RELATION_ROLES)
_AMOUNT = ("minor", "major", "exponent", "currency")


class ObjectWords(Words):
    """Reads entries of `objects`, and the amounts that stand with them."""

    def object(self, pointer: str, given: Any) -> ObjectWord:
        """One entry: keys of one type at one place, or of many types by a prefix."""
        data = self.mapping(pointer, given, (*_OBJECT, *_SAID, *VALUE_KEYS))
        if "prefix" in data:
            return self._of_prefix(pointer, data)
        if "keys" in data:
            self.tell(
                "'keys' belongs to a prefix", f"{pointer}/keys", "write what keys must be beside 'type:'"
            )
        word = self._plain(pointer, {key: value for key, value in data.items() if key not in _SAID})
        beside = self.flag(pointer, data, "annotate")
        relations = tuple(
            relation
            for role in RELATION_ROLES
            for relation in self._relations(f"{pointer}/{role}", role, data.get(role, []))
        )
        if beside and relations:
            self.tell("what annotates is nothing to others", f"{pointer}/annotate", "leave one of them out")
        return ObjectWord(
            word.type,
            word.value,
            "",
            word.form,
            {},
            word.namespace,
            word.scope,
            each=self.optional(pointer, data, "each"),
            relations=relations,
            allocated=self.allocated(f"{pointer}/allocated", data["allocated"])
            if "allocated" in data
            else None,
            is_beside=beside,
        )

    def allocated(self, pointer: str, given: Any) -> Amount | None:
        """An amount in the currency of the event."""
        data = self.mapping(pointer, given, _AMOUNT)
        if "currency" in data:
            self.tell("it is in the event's currency", f"{pointer}/currency", "leave it out")
        return self.units(pointer, data)

    def units(self, pointer: str, data: Mapping[str, Any]) -> Amount | None:
        """Where an amount stands, and in which units."""
        units = [unit for unit in ("minor", "major") if unit in data]
        if len(units) != 1:
            self.tell(
                "an amount stands in minor units or in major ones", pointer, "write minor: <attribute> (cents) or major:"
            )  # fmt: skip
            return None
        places = data.get("exponent")
        if places is not None and (type(places) is not int or not 0 <= places <= 9):
            self.tell("'exponent' is not a number of decimals", f"{pointer}/exponent", "write exponent: 2")
            places = None
        unit = units[0]
        return Amount(self.value(f"{pointer}/{unit}", attribute(data[unit])), unit == "major", places)

    def qualifier(self, pointer: str, data: Mapping[str, Any], key: str) -> Value | None:
        """The namespace or scope of keys."""
        value = self.optional(pointer, data, key)
        if value is not None and value.place == "text" and not QUALIFIER.fullmatch(value.names[0]):
            self.tell(
                f"'{value.names[0]}' cannot be a {key}", f"{pointer}/{key}", "use letters, digits and hyphens"
            )
        return value

    def _relations(self, pointer: str, role: Any, given: Any) -> list[Relation]:
        found = []
        for index, one in enumerate(given if isinstance(given, list) else [given]):
            where = f"{pointer}/{index}" if isinstance(given, list) else pointer
            if isinstance(one, dict):
                found.append(Relation(role, self._plain(where, self.mapping(where, one, None))))
            else:
                self.object_type(where, str(one))
                found.append(Relation(role, str(one)))
        return found

    def _plain(self, pointer: str, data: Mapping[str, Any]) -> ObjectWord:
        """Keys of one type at one place."""
        self.keys(pointer, dict(data), (*_OBJECT, *VALUE_KEYS), ("type",))
        place = {key: data[key] for key in VALUE_KEYS if key in data and key != "normalise"}
        kind = str(data.get("type", ""))
        self.object_type(f"{pointer}/type", kind)
        form = self.form(pointer, {key: data[key] for key in FORM_KEYS if key in data})
        namespace, scope = self.qualifier(pointer, data, "namespace"), self.qualifier(pointer, data, "scope")
        return ObjectWord(kind, self.value(pointer, place, data), "", form, {}, namespace, scope)

    def _of_prefix(self, pointer: str, data: Mapping[str, Any]) -> ObjectWord:
        keys = self.mapping(f"{pointer}/keys", data.get("keys", {}), None)
        for key in ("type", "from", "resource", "span", "span_event", "item", *_SAID):
            if key in data:
                self.tell(
                    f"'{key}' cannot stand beside 'prefix'", f"{pointer}/{key}", "make it an entry of its own"
                )
        forms = {}
        for kind, one in keys.items():
            self.object_type(f"{pointer}/keys/{kind}", kind)
            self.mapping(f"{pointer}/keys/{kind}", one, FORM_KEYS)
            forms[kind] = self.form(f"{pointer}/keys/{kind}", one if isinstance(one, dict) else {})
        form = self.form(pointer, {key: data[key] for key in FORM_KEYS if key in data})
        namespace, scope = self.qualifier(pointer, data, "namespace"), self.qualifier(pointer, data, "scope")
        return ObjectWord("", None, str(data["prefix"]), form, forms, namespace, scope)


def attribute(given: Any) -> Any:
    """An amount that is a text stands in the attribute of that name."""
    return {"from": given} if isinstance(given, str) else given
