# SPDX-License-Identifier: Apache-2.0
"""What does each change of a schema mean, in words? What it is, why it matters where it does, and what to do instead."""

from collections.abc import Mapping

from registry.change import GROUPS

Texts = tuple[str, str, str]
"""What the change is, why it breaks the direction that it breaks, and how to mend it."""

_TIGHTER = "documents written so far may hold {values} that the new contract refuses"
_LOOSER = "documents written from now on may hold {values} that the old contract refuses"
_SIZES = {
    "length": ("Length", "texts"),
    "items": ("Items", "lists"),
    "properties": ("Properties", "objects"),
}


def _limits() -> dict[str, Texts]:
    """Texts of the bounds and floors: kind -> what, why it breaks the direction it breaks, fix."""
    keywords = {
        f"{end}-{stem}": (f"{end}{word}", values)
        for stem, (word, values) in _SIZES.items()
        for end in ("min", "max")
    }
    keywords |= {"minimum": ("minimum", "numbers"), "maximum": ("maximum", "numbers")}
    texts = {}
    for kind, (keyword, values) in keywords.items():
        harder, easier = ("raised", "lowered") if kind.startswith("min") else ("lowered", "raised")
        tight, loose = _TIGHTER.format(values=values), _LOOSER.format(values=values)
        texts[f"{kind}-added"] = (
            f"{keyword} was added",
            tight,
            f"remove {keyword}, or enforce it before publishing",
        )
        texts[f"{kind}-{harder}"] = (f"{keyword} was {harder}", tight, f"keep {keyword} at {{before}}")
        texts[f"{kind}-removed"] = (f"{keyword} was removed", loose, f"keep {keyword} at {{before}}")
        texts[f"{kind}-{easier}"] = (f"{keyword} was {easier}", loose, f"keep {keyword} at {{before}}")
    return texts


_GROUP_WORDS = {
    "not": "what `not` forbids",
    "condition": "if, then or else",
    "contains": "what an array must contain",
    "property-names": "what names of fields must be like",
    "pattern-properties": "what fields whose names match a pattern must be",
    "dependencies": "what a field asks of the others",
    "unevaluated-properties": "what fields may be that nothing else speaks for",
    "unevaluated-items": "what items may be that nothing else speaks for",
    "reference": "a reference whose meaning depends on the way to it",
}


def _groups() -> dict[str, Texts]:
    """Texts of the keywords that are judged as a whole."""
    texts = {}
    for group in GROUPS:
        if group not in _GROUP_WORDS:
            continue
        what, fix = f"{_GROUP_WORDS[group]} was changed", "keep it as it was, or change one thing at a time"
        texts[f"{group}-narrowed"] = (
            what,
            "documents written so far may be refused by what it says now",
            fix,
        )
        texts[f"{group}-widened"] = (
            what,
            "documents written from now on may be refused by what it said before",
            fix,
        )
        texts[f"{group}-changed"] = (what, "documents that satisfy one side may be refused by the other", fix)
    return texts


TEXTS: Mapping[str, Texts] = {
    **_limits(),
    **_groups(),
    "type-narrowed": (
        "the type was narrowed",
        "values of the type that was dropped are refused",
        "keep type {before}; add a new field for the narrower type",
    ),
    "type-widened": (
        "the type was widened",
        "readers of the old contract refuse values of the new type",
        "keep type {before}; add a new field for the wider type",
    ),
    "type-changed": (
        "the type was changed",
        "values of one type are refused by readers of the other",
        "keep type {before}; add a new field with type {after} and deprecate this one",
    ),
    "schema-closed": (
        "no value is accepted here any more",
        "every value that was accepted is refused",
        "restore the old schema, or deprecate the field before it is forbidden",
    ),
    "schema-opened": (
        "values are accepted where none was",
        "readers of the old contract refuse any value here",
        "publish readers of the new contract before its writers",
    ),
    "enum-added": (
        "only listed values are accepted now",
        "documents written so far may hold values outside {after}",
        "remove the enum, or check first that every written value is in it",
    ),
    "enum-removed": (
        "the list of values was dropped",
        "readers of the old contract accept only {before}",
        "keep the enum, and extend it when a new value is needed",
    ),
    "values-removed": (
        "accepted values were removed",
        "documents written so far may hold {before}",
        "accept {before} again and mark it as deprecated in the description",
    ),
    "values-added": (
        "accepted values were added",
        "readers of the old contract refuse {after}",
        "publish readers that know {after} before any writer uses it",
    ),
    "pattern-added": (
        "a pattern was added",
        "texts written so far need not match {after}",
        "remove the pattern, or check first that every written text matches it",
    ),
    "pattern-removed": (
        "the pattern was removed",
        "texts written from now on need not match {before}",
        "keep the pattern {before}",
    ),
    "pattern-narrowed": (
        "the pattern became stricter",
        "texts that match {before} need not match {after}",
        "keep the pattern {before}, or add a new field with the new pattern",
    ),
    "pattern-widened": (
        "the pattern became looser",
        "texts that match {after} need not match {before}",
        "keep the pattern {before}",
    ),
    "pattern-changed": (
        "the pattern was changed",
        "it is not shown that {after} accepts the same texts as {before}, so it counts as breaking",
        "keep the pattern {before}, or add a new field with the new pattern",
    ),
    "multiple-of-added": (
        "multipleOf was added",
        "numbers written so far need not be multiples of {after}",
        "remove multipleOf",
    ),
    "multiple-of-narrowed": (
        "multipleOf became stricter",
        "multiples of {before} need not be multiples of {after}",
        "keep multipleOf at {before}",
    ),
    "multiple-of-removed": (
        "multipleOf was removed",
        "numbers written from now on need not be multiples of {before}",
        "keep multipleOf at {before}",
    ),
    "multiple-of-widened": (
        "multipleOf became looser",
        "multiples of {after} need not be multiples of {before}",
        "keep multipleOf at {before}",
    ),
    "multiple-of-changed": (
        "multipleOf was changed",
        "multiples of {before} and of {after} are different numbers",
        "keep multipleOf at {before}",
    ),
    "unique-items-added": (
        "items must be unique now",
        "lists written so far may repeat an item",
        "remove uniqueItems",
    ),
    "unique-items-removed": (
        "items may repeat now",
        "readers of the old contract refuse lists that repeat an item",
        "keep uniqueItems",
    ),
    "required-added": (
        "{after} became required",
        "documents written so far may lack {after}",
        "leave {after} out of required; state in its description from when on it is always sent",
    ),
    "required-removed": (
        "{before} is no longer required",
        "documents written from now on may lack {before}",
        "keep {before} in required",
    ),
    "required-with-default-added": (
        "{after} became required and has a default",
        "documents written so far may lack {after}, and validators do not fill in its default",
        "leave {after} out of required; its default still tells readers what to take",
    ),
    "required-with-default-removed": (
        "{before} has a default and is no longer required",
        "documents written from now on may lack {before}, and validators do not fill in its default",
        "keep {before} in required",
    ),
    "property-added": (
        "a field was described that could be sent before",
        "code generated from the old contract does not know it",
        "generate the readers of the new contract first",
    ),
    "property-removed": (
        "a field is no longer described",
        "code generated from the new contract has no such field",
        "keep the field's schema and mark it as deprecated",
    ),
    "property-added-to-open": (
        "a field was added under a name that was free",
        "documents written so far may hold anything under this name, because other fields were allowed",
        "name the field as nobody can have named it, or accept any value and check it in the reader",
    ),
    "property-added-to-closed": (
        "a field was added",
        "readers of the old contract allow no other fields and refuse it",
        "publish readers of the new contract before any writer sends the field",
    ),
    "property-removed-from-closed": (
        "a field was removed",
        "documents written so far may hold the field, and no other fields are allowed",
        "keep the field as optional and mark it as deprecated",
    ),
    "property-removed-from-open": (
        "a field is no longer described",
        "documents written from now on may hold anything under this name",
        "keep the field's schema and leave it out of required",
    ),
    "additional-properties-closed": (
        "other fields are no longer allowed",
        "documents written so far may hold fields the contract does not name",
        "leave additionalProperties as it was",
    ),
    "additional-properties-opened": (
        "other fields are allowed now",
        "readers of the old contract refuse fields it does not name",
        "leave additionalProperties as it was",
    ),
    "additional-properties-narrowed": (
        "other fields must satisfy a schema now",
        "documents written so far may hold fields of any kind that the contract does not name",
        "leave additionalProperties as it was",
    ),
    "additional-properties-widened": (
        "other fields may be anything now",
        "readers of the old contract refuse fields of another kind",
        "leave additionalProperties as it was",
    ),
    "alternatives-changed": (
        "the branches of anyOf or oneOf were changed",
        "generated code has one type for each branch",
        "keep the branches, and describe what is new in a field of its own",
    ),
    "alternative-removed": (
        "an alternative was removed",
        "no other alternative accepts what this one did",
        "keep the alternative and mark it as deprecated",
    ),
    "alternative-added": (
        "an alternative was added",
        "no alternative of the old contract accepts what this one does",
        "publish readers of the new contract before its writers",
    ),
    "combination-narrowed": (
        "alternatives or joint constraints were changed",
        "it could not be shown that everything accepted before is still accepted",
        "change one alternative at a time, or tell them apart by a required field with a const",
    ),
    "combination-widened": (
        "alternatives or joint constraints were changed",
        "it could not be shown that readers of the old contract accept everything new",
        "change one alternative at a time, or tell them apart by a required field with a const",
    ),
    "combination-changed": (
        "alternatives or joint constraints were changed",
        "it could not be shown that one side accepts what the other does",
        "change one alternative at a time, or tell them apart by a required field with a const",
    ),
    "keyword-not-covered": (
        "a keyword was changed for which there is no rule yet",
        "what the change does to documents is not known, so it is not called compatible",
        "leave the keyword as it was, or have the owner of the contract decide",
    ),
    "budget-spent": (
        "the comparison was given up",
        "the contracts are too large or too entangled to compare within the limit",
        "split the contract, or refer to shared parts once",
    ),
    "format-changed": (
        "format was changed",
        "format is an annotation: validators do not enforce it, but generated code may",
        "say in the changelog what readers should expect",
    ),
    "content-changed": (
        "the content's encoding or media type was changed",
        "it is an annotation: validators do not enforce it, but readers that decode will notice",
        "say in the changelog what readers should expect",
    ),
    "default-changed": (
        "the default was changed",
        "a default is an annotation: readers that fill it in will act differently",
        "say in the changelog which readers fill it in",
    ),
    "unknown-keyword-changed": (
        "a keyword that the dialect does not know was changed",
        "validators ignore it, so whatever it was meant to promise is not checked",
        "correct its spelling, use a dialect that knows it, or begin its name with x-",
    ),
    "artefact-type-changed": (
        "the type of the contract was changed",
        "a reader of {before} cannot read {after}",
        "register {after} under a subject of its own",
    ),
    "dialect-changed": (
        "the dialect of JSON Schema was changed",
        "each side was read in its own dialect",
        "keep $schema unless readers know the new dialect",
    ),
}
"""By kind of change. `why` may hold {before} and {after}, and so may `fix`."""
