"""Published cases as sections: on the terminal a list, as HTML a commissioning report."""

from __future__ import annotations

from rtplan.report.blocks import Block, Cell, Facts, Report, Section, Table
from rtplan.report.columns import cells_of, columns
from rtplan.report.language import CONVENTIONS, DISCLAIMER, ENGLISH, Words, plural
from rtplan.validation.validation import Checked, Validation

__all__ = [
    "build",
    "case_table",
    "count_table",
    "summary",
]


SIGNED_BY = ("Name", "Function", "Institution", "Date", "Signature")


_BLANK = "_" * 40


def build(result: Validation, _: Words = ENGLISH) -> Report:
    """What was checked, what differs, every case, and room for a signature: in English, as the prints are."""
    return Report(
        title="Published cases: theirs beside ours",
        subtitle=summary(result),
        banner="" if result.passed else f"MISMATCH: {plural(len(result.mismatches), 'value')} beyond tolerance",
        sections=tuple(section for section in _sections(result) if section.blocks),
    )


def summary(result: Validation) -> str:
    """One line: how many cases and values, how many agree."""
    agreeing = sum(row.agrees for row in result.checked)
    cases = len({row.id for row in result.checked})
    wrong = len({row.id for row in result.known_errors})
    return (
        f"{plural(cases, 'case')}, {plural(len(result.checked), 'value')}: {agreeing} agree within tolerance, "
        f"{len(result.checked) - agreeing} do not; {plural(wrong, 'print')} known to be wrong, shown apart"
    )


def _sections(result: Validation) -> list[Section]:
    groups = {name: [row for row in result.checked if row.group == name] for name in ("published", "analytic")}
    references = _references(result)
    return [
        Section(key="software", heading="What was checked", blocks=(Facts(items=tuple(_software(result))),)),
        Section(
            key="mismatches",
            heading="Mismatches",
            blocks=(case_table(result.mismatches, "mismatches"),) if result.mismatches else (),
        ),
        Section(key="counts", heading="By kind", blocks=(count_table(result), *_conventions(result))),
        Section(key="published", heading="Printed answers", blocks=_cases(groups["published"], references)),
        Section(
            key="analytic",
            heading="Closed forms, checked by independent integration (not prints)",
            blocks=_cases(groups["analytic"], references),
        ),
        Section(
            key="known_errors",
            heading="Prints known to be wrong, and what the stated formula gives",
            blocks=(_error_table(result.known_errors, references),) if result.known_errors else (),
        ),
        Section(key="not_covered", heading="Not covered", blocks=_not_covered(result)),
        Section(key="sources", heading="Sources, and how directly they were read", blocks=(_source_table(references),)),
        Section(key="files", heading="Data files (SHA-256)", blocks=(_file_table(result),), terminal=False),
        Section(key="conventions", heading="Conventions", blocks=("\n".join(CONVENTIONS), DISCLAIMER)),
        Section(
            key="signature",
            heading="Checked by",
            blocks=(
                "This report shows agreement with published values. It does not replace the independent check of the "
                "software in the department that uses it.",
                Facts(items=tuple((label, _BLANK) for label in SIGNED_BY)),
            ),
            terminal=False,
        ),
    ]


def _software(result: Validation) -> list[tuple[str, str]]:
    made = result.provenance
    items = [
        ("Outcome", ("every value agrees within its tolerance" if result.passed else "NOT ALL VALUES AGREE")),
        ("rtplan", made.rtplan),
        *result.platform,
        ("Made", made.created.isoformat() if made.created else "no stamp"),
        ("Command", made.command or "–"),
    ]
    cases = [file for file in made.files if file.name == "published_cases.json"]
    return items + [("SHA-256 of the cases", file.sha256) for file in cases]


def count_table(result: Validation) -> Table:
    """Cases, values and agreements of each kind, with the functions that answered."""
    found = columns(ENGLISH, "kind", "cases", "values", "agreeing", "road", tables=("counts",))
    return Table(name="counts", columns=found, rows=tuple(cells_of(count, found) for count in result.counts))


def _conventions(result: Validation) -> tuple[Block, ...]:
    """Where the rules of a source, and not rtplan's own, are followed."""
    followed = [(count.kind, count.convention) for count in result.counts if count.convention]
    if not followed:
        return ()
    return ("These kinds follow rules of their source that are not rtplan's own:", Facts(items=tuple(followed)))


def _references(result: Validation) -> dict[tuple[str, str], int]:
    """Source and evidence, numbered in the order of their first case."""
    pairs = dict.fromkeys((row.source, row.evidence) for row in result.rows)
    return {pair: number for number, pair in enumerate(pairs, 1)}


def _cases(rows: list[Checked], references: dict[tuple[str, str], int]) -> tuple[Block, ...]:
    """One table a kind."""
    kinds = dict.fromkeys(row.kind for row in rows)
    return tuple(_kind_table(kind, [row for row in rows if row.kind == kind], references) for kind in kinds)


def _kind_table(kind: str, rows: list[Checked], references: dict[tuple[str, str], int]) -> Table:
    keys = ("id", "quantity", "theirs", "ours", "difference", "tolerance", "agrees", "source")
    body = tuple((*_values(row), row.agrees, references[row.source, row.evidence]) for row in rows)
    return Table(
        name=f"{rows[0].group} {kind}",
        caption=f"kind: {kind}",
        columns=columns(ENGLISH, *keys, tables=("figures", "cases")),
        rows=body,
        emphasis=tuple(place for place, row in enumerate(rows) if not row.agrees),
    )


def _values(row: Checked) -> tuple[Cell, ...]:
    return (
        row.id,
        row.quantity,
        _figure(row.theirs),
        _figure(row.ours),
        None if row.difference is None else f"{row.difference:+.1e}",
        f"{row.tolerance:.2g}",
    )


def _figure(value: float | None) -> str | None:
    """Values of any unit and size: seven digits."""
    return None if value is None else f"{value:.7g}"


_CASE = (
    "id",
    "group",
    "kind",
    "quantity",
    "theirs",
    "ours",
    "difference",
    "tolerance",
    "agrees",
    "mismatch",
    "recomputed",
    "formula",
    "source",
    "evidence",
    "note",
)


def case_table(rows: tuple[Checked, ...], name: str = "cases") -> Table:
    """Everything about each value, in full: for CSV, and for what does not agree."""
    found = columns(ENGLISH, *_CASE, tables=("cases",))
    return Table(name=name, columns=found, rows=tuple(cells_of(row, found) for row in rows))


def _error_table(rows: tuple[Checked, ...], references: dict[tuple[str, str], int]) -> Table:
    found = columns(
        ENGLISH, "id", "quantity", "theirs", "ours", "note", "source", tables=("known_errors", "figures", "cases")
    )
    body = tuple(
        (
            row.id,
            row.quantity,
            _figure(row.theirs),
            _figure(row.ours),
            row.note,
            references[row.source, row.evidence],
        )
        for row in rows
    )
    return Table(name="known_errors", columns=found, rows=body)


def _not_covered(result: Validation) -> tuple[Block, ...]:
    items = tuple((f"{row.id}, {row.quantity}", row.reason) for row in result.not_covered)
    return (Facts(items=items),) if items else ()


def _source_table(references: dict[tuple[str, str], int]) -> Table:
    rows = tuple((number, source, evidence) for (source, evidence), number in references.items())
    found = columns(ENGLISH, "number", "source", "evidence", tables=("sources",))
    return Table(name="sources", columns=found, rows=rows)


def _file_table(result: Validation) -> Table:
    found = columns(ENGLISH, "name", "sha256", tables=("files",))
    return Table(name="files", columns=found, rows=tuple(cells_of(file, found) for file in result.provenance.files))
