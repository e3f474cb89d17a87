"""Limits of organs beside a course: which of them hold for it and are rules, and which are shown only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rtplan.note import Note, Phrase, Severity, Value
from rtplan.radiobiology.effect import EffectRow, LimitCheck
from rtplan.radiobiology.tissue import Limit

__all__ = [
    "NOT_SAID",
    "Setting",
    "Standing",
    "limit_notes",
    "standing",
]


_FINE_GY = 1e-6  # an EQD2 this little above its limit is at the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What of a course decides which limits hold for it.

    site: of the tumour; empty: not known. chemotherapy: is any given beside radiotherapy? None: not known.
    """

    site: str = ""
    chemotherapy: bool | None = None


NOT_SAID = Setting()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Does a limit hold for a course?

    holds: "yes": it is a rule; "unsure": it is one where what is not known of the course is as the limit asks; "no".
    why: of what is not "yes".
    """

    holds: Literal["yes", "unsure", "no"]
    why: tuple[Phrase, ...] = ()


def standing(limit: Limit, setting: Setting = NOT_SAID) -> Standing:
    """Whether a limit is a rule for a course, and why not.

    >>> from rtplan.note import Source
    >>> source = Source(text="a slide", known="told")
    >>> slide = Limit(name="slide", eqd2_gy=45.0, alpha_beta=2.0, metric="Dmax", source=source, sites=("oesophagus",))
    >>> [standing(slide, Setting(site=site)).holds for site in ("oesophagus", "", "lung-nsclc")]
    ['yes', 'unsure', 'no']
    """
    if against := tuple(_against(limit, setting)):
        return Standing(holds="no", why=against)
    if open_ := tuple(_open(limit, setting)):
        return Standing(holds="unsure", why=open_)
    return Standing(holds="yes")


def _against(limit: Limit, setting: Setting) -> Iterator[Phrase]:
    if limit.kind == "objective":
        yield Phrase(code="limit-is-objective")
    if limit.sites and setting.site and setting.site not in limit.sites:
        yield Phrase(code="limit-other-site", values={"sites": limit.sites, "site": setting.site})
    if limit.chemotherapy is not None and setting.chemotherapy not in (None, limit.chemotherapy):
        yield _stated_with(limit)


def _open(limit: Limit, setting: Setting) -> Iterator[Phrase]:
    if limit.sites and not setting.site:
        yield Phrase(code="limit-site-not-known", values={"sites": limit.sites})
    if limit.chemotherapy is not None and setting.chemotherapy is None:
        yield Phrase(code="limit-chemotherapy-not-known", values={"what": _stated_with(limit)})


def _stated_with(limit: Limit) -> Phrase:
    return Phrase(code="limit-with-chemotherapy" if limit.chemotherapy else "limit-without-chemotherapy")


def limit_notes(rows: Sequence[EffectRow], setting: Setting = NOT_SAID) -> tuple[Note, ...]:
    """Each EQD2 limit that a region exceeds, and each net BED that time leaves nothing of, with their numbers.

    A limit that holds for the course is a rule where its number was read in its source or is stated by the user, else
    a warning. Limits that do not hold are named once a region, with the reasons. The same words wherever a course is
    judged.
    """
    return tuple(note for row in rows for note in _of_row(row, setting)) + tuple(
        _nothing_left(row) for row in rows if row.bed_gy > 0 and row.net_bed_gy <= 0
    )


def _of_row(row: EffectRow, setting: Setting) -> Iterator[Note]:
    over = [check for check in row.limits if check.margin_gy < -_FINE_GY]
    stand = [standing(check.limit, setting) for check in over]
    for check, found in zip(over, stand, strict=True):
        if found.holds != "no":
            yield _exceeded(row, check, found)
    shown = [(check.limit, found) for check, found in zip(over, stand, strict=True) if found.holds == "no"]
    if shown:
        limits = tuple(
            Phrase(
                code="limit-and-why",
                values={"limit": limit.name, "limit_gy": limit.eqd2_gy, "flag": _flag(limit), "why": found.why},
            )
            for limit, found in shown
        )
        values: dict[str, Value] = {"region": row.region, "limits": limits}
        yield Note(code="limit-does-not-decide", severity="info", values=values)


def _flag(limit: Limit) -> Phrase:
    return Phrase(code=limit.source.flag)


def _exceeded(row: EffectRow, check: LimitCheck, found: Standing) -> Note:
    limit = check.limit
    severity: Severity = "violation" if found.holds == "yes" and limit.source.alarms else "warning"
    endpoint = (limit.endpoint,) if limit.endpoint else ()
    return Note(
        code="eqd2-limit",
        severity=severity,
        values={
            "region": row.region,
            "limit": limit.name,
            "metric": limit.metric,
            "alpha_beta_gy": limit.alpha_beta,
            "limit_gy": limit.eqd2_gy,
            "eqd2_gy": check.eqd2_gy,
            "margin_gy": check.margin_gy,
            "source_verified": limit.source.verified,
            "source_known": limit.source.known,
            "flag": _flag(limit),
            "endpoint": limit.endpoint or row.parameters.endpoint,
            "details": (limit.name, limit.metric, *endpoint, _flag(limit), *found.why),
        },
    )


def _nothing_left(row: EffectRow) -> Note:
    """A loss to time above what was given: the straight line of repopulation does not reach that far."""
    values: dict[str, Value] = {"region": row.region, "net_bed_gy": row.net_bed_gy, "elapsed_days": row.elapsed_days}
    return Note(code="net-bed-lost", severity="violation", values=values)
