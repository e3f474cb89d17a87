"""The names that a file calls, checked on its raw data: they are reported also where other values of it are wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rtplan.errors import ConfigError, did_you_mean, failing
from rtplan.note import DESIGN_DEFAULT

__all__ = [
    "Problem",
    "clinic_names",
    "protocol_names",
    "targets_and_phases",
]

Data = dict[str, Any]
Problem = tuple[str, str]
"""Key path and sentence."""


def _text(table: Data, key: str) -> str:
    """A text of the table; empty where it is none: the types are checked elsewhere."""
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _texts(table: Data, key: str) -> tuple[str, ...]:
    value = table.get(key)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _table(table: Data, key: str) -> Data:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _tables(table: Data, key: str) -> Iterator[tuple[str, Data]]:
    """Each table of a list, with its key path."""
    value = table.get(key)
    for place, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield f"{key}[{place}]", item


# --- a clinic ---------------------------------------------------------------------------------------------------------


def clinic_names(data: Data) -> Iterator[Problem]:
    """Country, subdivision, categories, days of extra sessions and record format of a clinic."""
    from rtplan.library import catalogue

    yield from _country_names(data)
    if (name := _text(data, "record_format")) and not catalogue.is_path(name):
        known = catalogue.names("records")
        if name not in known:
            yield "record_format", f"there is no record format {name!r}; {did_you_mean(name, known)}"


def _country_names(data: Data) -> Iterator[Problem]:
    from rtplan.clinic.clinic import Clinic, Days, Sessions
    from rtplan.clinic.days import WEEKDAYS
    from rtplan.clinic.holidays import check_country, check_sessions, country_code, subdivisions

    def clinic(**more: Any) -> Clinic:
        return Clinic(name="x", label="x", country=country, time_zone="UTC", source=DESIGN_DEFAULT, **more)

    country, part = _text(data, "country"), _text(data, "subdivision")
    if bad := failing(country_code, country) if country else ():
        yield f"country = {country!r}", bad[0]
        return
    for text in failing(check_country, clinic(subdivision=part)) if country else ():
        key = "subdivision" if part else "country"
        yield f"{key} = {_text(data, key)!r}", text
    known = subdivisions(country) if country else {}
    if part not in known:
        part = next(iter(known)) if country_code(country or "CN") == "GB" else ""
    kept: list[str] = []
    for name in dict.fromkeys(_texts(data, "categories")) if country else ():
        bad = failing(check_country, clinic(subdivision=part, categories=("public", name)))
        yield from ((f"categories = {name!r}", text) for text in bad)
        kept += [] if bad else [name]
    yield from (
        ("categories", text) for text in failing(check_country, clinic(subdivision=part, categories=tuple(kept)))
    )
    days = [day for day in _texts(_table(data, "sessions"), "weekend") if day in WEEKDAYS]
    week = _texts(_table(data, "days"), "week")
    for day in dict.fromkeys(days) if set(week) <= set(WEEKDAYS) else ():
        own = Days(week=week) if week else Days()
        yield from (
            ("sessions", text)
            for text in failing(check_sessions, clinic(subdivision=part, days=own, sessions=Sessions(weekend=(day,))))
        )


# --- a protocol -------------------------------------------------------------------------------------------------------


def protocol_names(data: Data, tissues: Collection[str]) -> Iterator[Problem]:
    """Clinic, chemotherapy, alignment, and the tissues, targets and phases of the regions of a protocol."""
    yield from _called(data)
    targets, phases = targets_and_phases(_table(data, "prescription"))
    for place, region in _tables(data, "regions"):
        if (tissue := _text(region, "tissue")) and tissue not in tissues:
            yield f"{place}.tissue", f"there is no tissue {tissue!r}; {did_you_mean(tissue, tissues)}"
        yield from _unknown(f"{place}.target", "target", _text(region, "target"), targets)
        for inner, share in _tables(region, "shares"):
            yield from _unknown(f"{place}.{inner}.target", "target", _text(share, "target"), targets)
            yield from _unknown(f"{place}.{inner}.phase", "phase", _text(share, "phase"), phases)


def targets_and_phases(prescription: Data) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the targets and phases of a prescription's raw data, each once."""
    phases = [phase for _, phase in _tables(prescription, "phases")]
    totals = [total for phase in phases for _, total in _tables(phase, "totals")]
    targets = dict.fromkeys(_text(total, "target") for total in totals)
    return tuple(filter(None, targets)), tuple(filter(None, dict.fromkeys(_text(phase, "name") for phase in phases)))


def _unknown(place: str, what: str, name: str, known: Sequence[str]) -> Iterator[Problem]:
    if name and known and name not in known:
        yield place, f"there is no {what} {name!r} in the prescription; known: {', '.join(known)}"


def _called(data: Data) -> Iterator[Problem]:
    """What a protocol calls by name and is not there, and an alignment that its chemotherapy does not allow."""
    from rtplan.chemotherapy.protocol import parse_anchor, with_anchor
    from rtplan.library.catalogue import load_chemo, load_clinic, load_site

    site = _text(data, "site")
    if site:
        try:
            load_site(site)
        except ConfigError as error:
            yield f"site = {site!r}", "; ".join(error.problems)
    clinic, chemo, align = _text(data, "clinic"), _text(data, "chemo"), _text(data, "align") or "cycle=1"
    if clinic:
        try:
            load_clinic(clinic)
        except ConfigError as error:
            yield f"clinic = {clinic!r}", "; ".join(error.problems)
    bad = failing(parse_anchor, align)
    if chemo and chemo != "none":
        try:
            found = load_chemo(chemo)
            bad = bad or failing(lambda: with_anchor(found, parse_anchor(align)))
        except ConfigError as error:
            yield f"chemo = {chemo!r}", "; ".join(error.problems)
    yield from ((f"align = {align!r}", text) for text in bad)
