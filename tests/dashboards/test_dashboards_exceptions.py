# SPDX-License-Identifier: Apache-2.0
"""What needs a person, cause by cause: no two causes look the same, and nothing is said twice."""

from starlette.testclient import TestClient

from dashboards import exceptions
from tests.dashboards import made_up
from tests.dashboards.made_up_api import MadeUpApi


def test_causes_of_two_entities_are_told_apart(api: MadeUpApi) -> None:
    """The same account is missing in two companies: a person of each has something to do."""
    nodes = [
        made_up.exception(number, api.failed, "mapping")
        | {"legalEntity": entity, "fingerprint": f"fp-{entity}"}
        for number, entity in enumerate(["US", "DE", "US"])
    ]
    titles = [group.title for group in exceptions.groups(nodes, made_up.at(0))]
    assert titles == ["Missing in NetSuite US, invoice", "Missing in NetSuite DE, invoice"]


def test_one_cause_in_several_entities_names_none(api: MadeUpApi) -> None:
    nodes = [
        made_up.exception(number, api.failed, "mapping") | {"legalEntity": entity}
        for number, entity in enumerate(["US", "DE", None])
    ]
    (group,) = exceptions.groups(nodes, made_up.at(0))
    assert group.title == "Missing in NetSuite, invoice"


def test_what_the_system_said_stands_once(api: MadeUpApi, client: TestClient) -> None:
    """Below the sentence only where the sentence does not hold it already."""
    said = "Invalid class reference key onsite-workshop"
    api.exceptions[0]["message"], api.exceptions[0]["sentence"] = (
        said,
        f"NetSuite refused the journal: {said}.",
    )
    page = client.get("/exceptions").text
    assert page.count(said) == 1
    assert api.exceptions[1]["message"] in page
