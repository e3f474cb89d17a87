"""Proof of plan.xlsx and fractions.csv: read back cell by cell against plan.json; user text is never a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from factory import FIXED, plan
from openpyxl import load_workbook

from rtplan.note import Note, Source
from rtplan.planning.plan import Plan
from rtplan.report.blocks import Column, Facts, Notes, Report, Section, Table
from rtplan.report.formats.csv import csv_file, to_csv
from rtplan.report.formats.xlsx import sheet_names, to_xlsx
from rtplan.report.language import written
from rtplan.report.registry import report

STAMP = FIXED.created
FORMULAE = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", '=HYPERLINK("https://example.org","x")']
LINKS = ["https://example.org", "mailto:a@example.org", "internal:Sheet1!A1", "file:///etc/passwd"]


def book_of(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def book(made: Plan) -> Any:
    return book_of(to_xlsx(report(made), stamp=STAMP))


def rows(sheet: Any) -> list[dict[str, Any]]:
    """The sheet's rows by heading."""
    headings = [cell.value for cell in sheet[1]]
    return [dict(zip(headings, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]


def same(found: Any, expected: Any) -> Any:
    """Excel's files hold 16 digits of a number, and a date as a moment."""
    if isinstance(found, dt.datetime):
        return found.date().isoformat() == expected
    if isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-15, abs_tol=1e-12)
    return type(found) is type(expected) and found == expected


def compare(found: list[dict[str, Any]], entries: list[dict[str, Any]], keys: dict[str, str]) -> None:
    """Every row and every named cell, against the JSON document's entries."""
    assert len(found) == len(entries)
    for row, entry in zip(found, entries, strict=True):
        for heading, key in keys.items():
            assert same(row[heading], entry[key]), f"{heading}: {row[heading]!r}, JSON {key}: {entry[key]!r}"


@pytest.fixture(scope="module")
def made() -> Plan:
    return plan(chemo="np-q3w", regions=("spinal cord=42.3Gy Dmax",))


@pytest.fixture(scope="module")
def document(made: Plan) -> dict[str, Any]:
    return made.document()


@pytest.fixture(scope="module")
def sheets(made: Plan) -> Any:
    return book(made)


def test_sheets(sheets: Any) -> None:
    expected = ["about", "fractions", "cycles", "effects", "closed_days", "notes", "parameters"]
    assert [name for name in sheets.sheetnames if name in expected] == expected


def test_fractions(sheets: Any, document: dict[str, Any]) -> None:
    keys = {"Fraction": "number", "Date": "date", "dose [Gy]": "dose_gy", "cumulative [Gy]": "cumulative_dose_gy"}
    found = rows(sheets["fractions"])
    compare(found, document["fractions"], keys)
    first = dt.date.fromisoformat(document["fractions"][0]["date"])
    for row, entry in zip(found, document["fractions"], strict=True):
        assert row["T [d]"] == (dt.date.fromisoformat(entry["date"]) - first).days


def test_cycles(sheets: Any, document: dict[str, Any]) -> None:
    keys = {
        "Cycle": "number",
        "Day 1": "date",
        "Nominal": "nominal_date",
        "Due": "due_date",
        "Shift [d]": "shift_days",
        "Drift [d]": "drift_days",
        "Interval [d]": "interval_days",
        "Fraction": "fraction_number",
        "Concurrent": "concurrent",
        "In window": "within_window",
        "Provisional": "provisional",
    }
    compare(rows(sheets["cycles"]), document["cycles"], keys)


def test_effects(sheets: Any, document: dict[str, Any]) -> None:
    keys = {
        "Region": "region",
        "Tissue": "tissue",
        "α/β [Gy]": "alpha_beta_gy",
        "Dose [Gy]": "dose_gy",
        "BED [Gy]": "bed_gy",
        "EQD2 [Gy]": "eqd2_gy",
        "Time loss [Gy]": "time_loss_gy",
        "Net BED [Gy]": "net_bed_gy",
        "Net EQD2 [Gy]": "net_eqd2_gy",
    }
    found = rows(sheets["effects"])
    compare(found, document["effects"], keys)
    for row, entry, prescribed in zip(found, document["effects"], document["prescribed"]["effects"], strict=True):
        assert same(row["Prescribed net BED [Gy]"], prescribed["net_bed_gy"])
        assert same(row["Difference [Gy]"], entry["net_bed_gy"] - prescribed["net_bed_gy"])


def test_closed_days_and_notes(sheets: Any, document: dict[str, Any]) -> None:
    closed = {"Date": "date", "Reason": "reason", "Provisional": "provisional"}
    compare(rows(sheets["closed_days"]), document["closed_days"], closed)
    notes = {"Code": "code", "Severity": "severity", "Message": "message"}
    compare(rows(sheets["notes"]), document["notes"], notes)


def test_every_table_of_the_report_is_there_cell_by_cell(made: Plan, sheets: Any) -> None:
    tables = [b for section in report(made).sections for b in section.blocks if isinstance(b, Table)]
    for table in tables:
        sheet = sheets[table.name]
        assert [cell.value for cell in sheet[1]] == [column.heading for column in table.columns]
        assert sheet.max_row == len(table.rows) + 1
        for line, row in enumerate(table.rows, 2):
            for place, value in enumerate(row, 1):
                expected = value.isoformat() if isinstance(value, dt.date) else value
                expected = written(expected) if isinstance(expected, Source) else expected
                found = sheet.cell(line, place).value
                assert same(found if found is not None else "", expected if expected is not None else "")


def test_dates_numbers_and_flags_have_their_types_and_formats(sheets: Any) -> None:
    fractions, effects = sheets["fractions"], sheets["effects"]
    assert fractions["A2"].data_type == "n"
    assert fractions["A2"].number_format == "0"
    assert fractions["B2"].is_date
    assert fractions["B2"].number_format == "ddd yyyy-mm-dd"
    assert fractions["C2"].number_format == "0.00"
    assert effects["C2"].number_format == "0.0"
    heading = next(cell for cell in effects[1] if cell.value == "Difference [Gy]")
    assert effects.cell(2, heading.column).number_format == "+0.00;-0.00;0.00"
    assert sheets["cycles"]["I2"].data_type == "b"


def test_headers_are_frozen_and_columns_wide_enough(sheets: Any) -> None:
    for sheet in sheets:
        assert sheet.freeze_panes == "A2"
    date_column = sheets["fractions"].column_dimensions["B"]
    assert date_column.width >= len("Mon 2026-02-02")
    assert max(d.width for sheet in sheets for d in sheet.column_dimensions.values()) <= 61


def test_the_banner_and_what_it_is_stand_on_the_first_sheet() -> None:
    made = plan(start="2090-03-06")
    texts = [str(cell.value) for row in book(made)["about"].iter_rows() for cell in row]
    assert any(text.startswith("PROVISIONAL") for text in texts)
    assert any("Not a medical device" in text for text in texts)


def test_same_stamp_same_bytes(made: Plan) -> None:
    content = to_xlsx(report(made), stamp=STAMP)
    assert content == to_xlsx(report(made), stamp=STAMP)
    assert book_of(content).properties.created == dt.datetime(2026, 1, 15, 9, 0)


# --- hostile text ---------------------------------------------------------------------------------------------------


def hostile_report(text: str) -> Report:
    columns = (Column(key="name", title=text), Column(key="dose_gy", title="Dose", kind="number", unit="Gy"))
    blocks = (
        Table(name=text, columns=columns, rows=((text, 1.8), (text, None))),
        Facts(items=((text, text),)),
        Notes(notes=(Note(code="x", severity="info", values={"text": text}),)),
        text,
    )
    return Report(title=text, subtitle=text, banner=text, sections=(Section(key="x", heading=text, blocks=blocks),))


@pytest.mark.parametrize("text", [*FORMULAE, *LINKS, "{=1+1}", "四川", "<b>&amp;</b>", "_x0041_", "'quoted"])
def test_user_text_is_text_in_excel(text: str) -> None:
    content = to_xlsx(hostile_report(text), stamp=STAMP)
    found = book_of(content)
    cells = [cell for sheet in found for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    assert sum(str(cell.value).replace("_x000D_", "\r") == text for cell in cells) >= 8
    inside = zipfile.ZipFile(io.BytesIO(content))
    for name in inside.namelist():
        assert b"<f>" not in inside.read(name), f"a formula in {name}"


@pytest.mark.parametrize("text", FORMULAE)
def test_what_looks_like_a_formula_is_marked_as_text(text: str) -> None:
    sheet = book_of(to_xlsx(hostile_report(text), stamp=STAMP)).worksheets[1]
    assert sheet["A2"].quotePrefix


def test_sheet_names_are_what_excel_takes() -> None:
    wanted = ["History", "a" * 40, "a" * 40, "'x'", "[x]:*?/\\", "", "notes", "NOTES", "b" * 31, "B" * 31]
    names = sheet_names(wanted)
    assert len({name.lower() for name in names}) == len(wanted)
    assert all(1 <= len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    assert all(name.strip("'") == name for name in names)
    assert "history" not in [name.lower() for name in names]


def test_text_longer_than_a_cell_is_cut_visibly() -> None:
    sheet = book_of(to_xlsx(hostile_report("a" * 40000), stamp=STAMP)).worksheets[1]
    assert len(sheet["A2"].value) == 32767
    assert sheet["A2"].value.endswith("…")


# --- csv ------------------------------------------------------------------------------------------------------------


def fraction_table(made: Plan) -> Table:
    blocks = [block for section in report(made).sections for block in section.blocks]
    return next(block for block in blocks if isinstance(block, Table) and block.name == "fractions")


def test_fractions_csv_against_the_json(made: Plan, document: dict[str, Any]) -> None:
    content = csv_file(fraction_table(made))
    found = list(csv.DictReader(io.StringIO(content.decode("ascii"), newline="")))
    assert len(found) == 25
    for row, entry in zip(found, document["fractions"], strict=True):
        assert int(row["number"]) == entry["number"]
        assert row["date"] == entry["date"]
        dose, cumulative = [value for key, value in row.items() if key.endswith("_gy")]
        assert float(dose) == entry["dose_gy"]
        assert float(cumulative) == entry["cumulative_dose_gy"]


AWKWARD = ["a,b", 'say "so"', "two\nlines", "cr\rhere", "", " lead", "四川", "<script>"]


@pytest.mark.parametrize("text", AWKWARD)
def test_csv_as_rfc_4180_writes_it(text: str) -> None:
    table = Table(name="x", columns=(Column(key="a", title="A"), Column(key="b", title="B")), rows=((text, "z"),))
    written = to_csv(table)
    assert written.endswith("\r\n")
    assert list(csv.reader(io.StringIO(written, newline=""), strict=True)) == [["a", "b"], [text, "z"]]


@pytest.mark.parametrize("text", FORMULAE)
def test_csv_leads_formulae_with_an_apostrophe(text: str) -> None:
    table = Table(name="x", columns=(Column(key=text, title="A"),), rows=((text,),))
    for (cell,) in csv.reader(io.StringIO(to_csv(table), newline="")):
        assert cell == f"'{text}"


def test_numbers_of_csv_are_not_text(made: Plan) -> None:
    column = Column(key="difference_gy", title="D", kind="number", unit="Gy", signed=True)
    assert to_csv(Table(name="x", columns=(column,), rows=((-9.0,), (None,)))) == 'difference_gy\r\n-9.0\r\n""\r\n'


def test_a_csv_file_bears_a_mark_only_where_it_has_more_than_ascii(made: Plan) -> None:
    assert not csv_file(fraction_table(made)).startswith(b"\xef\xbb\xbf")
    table = Table(name="x", columns=(Column(key="a", title="A"),), rows=(("华西医院",),))
    content = csv_file(table)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == to_csv(table)


def test_hostile_reasons_and_labels_of_a_real_plan() -> None:
    made = plan()
    text = "=cmd|' /C calc'!A0"
    calendar = made.inputs.calendar.with_days(lambda _, reason: replace(reason, text=text))
    made = replace(made, inputs=replace(made.inputs, calendar=calendar, clinic=text, label=text))
    found = book(made)
    assert {cell.data_type for sheet in found for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d", "b"}
    assert {row["Reason"] for row in rows(found["closed_days"])} == {text}
