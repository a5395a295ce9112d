# SPDX-License-Identifier: Apache-2.0
"""The demo's other applications: they declare what they call, all but one, and each call is a span of its own."""

from collectors.decoding import otlp
from controlplane.demo.callers import CALLERS, DECLARATIONS, Done, encoded
from registry import canonical
from registry.declaration import read
from terms.instant import Instant

DECLARED = {
    one.application: one
    for one in (read(f.read_bytes(), f.name, Instant(0)) for f in DECLARATIONS.glob("*.yaml"))
}


def test_every_application_but_the_export_declares_what_it_calls() -> None:
    """Subjects that ship, in the version that is called; the export shows up as an undeclared consumer."""
    assert {caller.name for caller in CALLERS} - DECLARED.keys() == {"weekly-export"}
    for declaration in DECLARED.values():
        for use in declaration.uses:
            assert any(use.versions.holds(c.semver) for c in canonical.versions(use.subject)), use.subject
    for caller in CALLERS:
        for api, major, _ in caller.asks:
            assert f"{major}.0.0" in [c.semver for c in canonical.versions(f"{api}-api")]
            uses = DECLARED[caller.name].of("consumes") if caller.name in DECLARED else ()
            found = [use for use in uses if use.subject == f"{api}-api"]
            assert not uses or found[0].versions.holds(f"{major}.0.0"), (caller.name, api)


def test_both_versions_of_an_api_are_called() -> None:
    """Observed use has something to tell apart."""
    called = {(api, major) for caller in CALLERS for api, major, _ in caller.asks}
    assert {api for api, _ in called} == {
        name.removesuffix("-api") for name in canonical.subjects() if name.endswith("-api")
    }
    assert called == {(api, major) for api, _ in called for major in (1, 2)}


def test_a_call_is_one_span_however_often_it_is_sent() -> None:
    """The application is the span's service; the contract and what was answered stand in it."""
    call = Done("partner-portal", "invoices", 1, "/invoices?page=1", 200, 10, 20)
    failed = Done("weekly-export", "invoices", 1, "/invoices", 0, 30, 40)
    assert encoded([call, failed], 7) == encoded([call, failed], 7)
    first, second = otlp.decode_protobuf(encoded([call, failed], 7)).spans
    assert (first.origin.service, first.attributes["url.path"]) == (
        "partner-portal",
        "/apis/invoices/v1/invoices",
    )
    assert first.attributes["throughline.contract.subject"] == "invoices-api"
    assert (first.status, second.status) == (1, 2)
    assert first.span_id != second.span_id
