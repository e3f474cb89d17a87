"""Records in the formats of configs/records. Proof: what is written in a format is read back, whatever the order of
its columns; hand-written files of the field; each doubt refused with file, line and column; no other cell's text is
repeated anywhere."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtplan.errors import ConfigError
from rtplan.library import catalogue
from rtplan.library.record_format import RecordFormat
from rtplan.note import Source
from rtplan.records import csv as records_csv
from rtplan.records import entries, excel, files
from rtplan.records.record import RecordEntry
from rtplan.report.sentences import sentence

D = dt.date.fromisoformat
SHIPPED = catalogue.names("records")
DATA = Path(__file__).resolve().parent / "data"
VENDORS = ("aria", "aria-aura", "mosaiq")


def form(**keys: Any) -> RecordFormat:
    """A format of columns day, fx, dose, state; keys change it."""
    columns = {"day": "date", "fx": "fraction", "dose": "dose_gy", "state": "status"}
    sane: dict[str, Any] = {"name": "test", "label": "of the tests", "source": Source(text="made up", verified=True)}
    return RecordFormat(**({**sane, "columns": columns, "optional": ("fx", "dose", "state")} | keys))


def read(content: str | bytes, how: RecordFormat | str, *plans: str, target: str = "tumour") -> Any:
    how = catalogue.load_record_format(how) if isinstance(how, str) else how
    content = content.encode() if isinstance(content, str) else content
    if content.startswith((b"PK", b"\xd0\xcf")):
        return entries.record(excel.grid(content, "r", how), how, target, plans)
    return entries.record(records_csv.grid(records_csv.decoded(content, "r", how), "r", how), how, target, plans)


def told(record: Any) -> list[tuple[object, ...]]:
    return [(e.date, e.time, e.number, dict(e.doses_gy), e.status, e.phase) for e in record.entries]


def refusal(content: str | bytes, how: RecordFormat | str, *plans: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(content, how, *plans)
    return str(caught.value)


# --- the shipped formats


@pytest.mark.parametrize("name", SHIPPED)
def test_every_format_says_where_it_comes_from_and_what_is_not_known(name: Any) -> None:
    found = catalogue.load_record_format(name)
    assert found.name == name
    assert found.source.verified is (name == "rtplan")
    if name in VENDORS:
        assert found.source.text.startswith("schema read in public code, no vendor file seen: ")
        assert found.rows == "fields"
        assert found.notes


def test_the_list_of_formats_shows_source_and_flag(cli: Any) -> None:
    listed = json.loads(cli("list records --json").stdout)
    assert [item["name"] for item in listed["items"]] == list(SHIPPED)
    assert {item["name"]: item["source"]["verified"] for item in listed["items"]}["mosaiq"] is False
    assert "no vendor file seen" in " ".join(cli("list records --full").stdout.split())


# --- law: what is written is read


def _column(how: RecordFormat, meaning: str) -> str | None:
    named = [name for name, one in how.columns.items() if one == meaning]
    return named[0].replace("*", "tumour") if named else None


WORDS = st.text(alphabet='aß;,"| \nÄ', max_size=6).map(str.strip)


@st.composite
def lines_of(draw: Any, how: RecordFormat) -> Any:
    """Entries that the format can tell of, with the cells that tell of them, by column."""
    pattern = draw(st.sampled_from(how.date_formats))
    back: dict[Any, Any] = {}
    for word, meaning in (how.statuses or {w: w for w in ("delivered", "partial", "remainder")}).items():
        back.setdefault(meaning, word)
    unit = next((u for u in ("dose_gy", "dose_cgy") if _column(how, u)), None)
    cells, expected = [], []
    for place in range(draw(st.integers(1, 6))):
        moment = dt.datetime(2026, 3, 2, 6) + dt.timedelta(days=place, minutes=draw(st.integers(0, 900)))
        hundredths = draw(st.integers(20, 2999))
        status = draw(st.sampled_from([s for s in back if s != "missed"])) if _column(how, "status") else ""
        row, time = {_column(how, "date"): moment.strftime(pattern)}, None
        if "%H" in pattern:
            time = moment.time()
        elif _column(how, "time"):
            row[_column(how, "time")], time = moment.strftime(how.time_formats[0]), moment.time()
        row[_column(how, "fraction")] = str(place + 1)
        if status:
            row[_column(how, "status")] = back[status]
        phase = draw(WORDS) if _column(how, "phase") else ""
        if _column(how, "phase"):
            row[_column(how, "phase")] = phase
        if unit:
            number = str(hundredths) if unit == "dose_cgy" else f"{hundredths / 100:.2f}"
            row[_column(how, unit)] = number.replace(".", how.decimal)
        row |= {name: draw(st.sampled_from(values)) for name, values in how.keep.items()}
        cells.append(row)
        expected.append((moment.date(), time, place + 1, {"tumour": hundredths / 100} if unit else {}, status, phase))
    return cells, expected


def _csv(how: RecordFormat, header: list[str], rows: list[dict[str, str]], end: str) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=how.delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows([[row[name] for name in header] for row in rows])
    return stream.getvalue().encode(how.encodings[-1])


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_written_in_a_format_is_read_back_whatever_the_order_of_columns(name: Any, data: Any) -> None:
    how = catalogue.load_record_format(name)
    rows, expected = data.draw(lines_of(how))
    header = data.draw(st.permutations(list(rows[0])))
    record = read(_csv(how, header, rows, data.draw(st.sampled_from(["\n", "\r\n"]))), how)
    assert told(record) == expected
    assert record.rows == how.rows


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "rtplan"])
@settings(max_examples=8)
@given(data=st.data())
def test_a_spreadsheet_is_read_as_the_text_is(name: Any, data: Any) -> None:
    how = catalogue.load_record_format(name)
    rows, expected = data.draw(lines_of(how))
    header = data.draw(st.permutations(list(rows[0])))
    book: Any = openpyxl.Workbook()
    book.active.append(header)
    for row in rows:
        book.active.append([row[name] for name in header])
    assert told(read(_bytes(book), how)) == expected


@settings(max_examples=25)
@given(data=st.data())
def test_lines_that_keep_leaves_out_are_not_read_at_all(data: Any) -> None:
    how = catalogue.load_record_format("aria-aura")
    rows, expected = data.draw(lines_of(how))
    other = dict.fromkeys(rows[0], "?") | {"IsImage": "1", "IsBrachy": "0"}
    places = sorted(data.draw(st.sets(st.integers(0, len(rows)), min_size=1)))
    for place in reversed(places):
        rows.insert(place, other)
    record = read(_csv(how, list(rows[0]), rows, "\n"), how)
    assert told(record) == expected
    (note,) = [note for note in record.notes if note.code == "record-lines-left-out"]
    assert note.values["count"] == len(places)


# --- files as the field writes them


PLAN = "plan 60/30 --start 2026-03-02 --clinic weekdays --stamp 2026-01-01T00:00:00Z --out"
CLINIC = (
    'name = "c"\nlabel = "c"\ncountry = ""\ntime_zone = "UTC"\nworked_weekends = "no"\n'
    'source = { text = "x", verified = true }\n'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Any:
    from click.testing import CliRunner

    from rtplan.cli import main

    made = tmp_path_factory.mktemp("records")
    assert CliRunner().invoke(main, [*PLAN.split(), str(made / "p")]).exit_code == 0
    return made


def delivered(cli: Any, folder: Any, text: str | bytes, *options: str) -> list[float]:
    path = folder / "r.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    result = cli("missed", str(folder / "p" / "plan.json"), "--record", str(path), "--json", *options)
    assert result.exit_code == 0, result.output
    return [fraction["dose_gy"] for fraction in json.loads(result.stdout)["status"]["delivered"]["fractions"]]


@pytest.mark.parametrize(
    ("text", "columns", "written"),
    [
        pytest.param(
            "Datum;Fx;Dosis\n02.03.2026;1;2,00\n03.03.2026;2;2,00\n",
            '{ "Datum" = "date", "Fx" = "fraction", "Dosis" = "dose_gy" }',
            "%d.%m.%Y",
            id="V14, a European spreadsheet",
        ),
        pytest.param(
            "Fraction Date,Fx,Dose (cGy),Machine,Operator\n"
            "3/2/2026 9:15 AM,1,200,LA1,X\n3/3/2026 9:20 AM,2,200,LA1,X\n",
            '{ "Fraction Date" = "date", "Fx" = "fraction", "Dose (cGy)" = "dose_cgy" }',
            "%m/%d/%Y %I:%M %p",
            id="V15, cGy, clock times and more columns",
        ),
        pytest.param(
            "日期\t次数\t剂量\n2026/03/02\t1\t2.0\n2026/03/03\t2\t2.0\n",
            '{ "日期" = "date", "次数" = "fraction", "剂量" = "dose_gy" }',
            "%Y/%m/%d",
            id="tabs",
        ),
    ],
)
def test_a_clinic_states_the_columns_of_its_own_export(
    cli: Any, folder: Any, text: Any, columns: Any, written: Any
) -> None:
    clinic = folder / "c.toml"
    clinic.write_text(f'{CLINIC}record_columns = {columns}\nrecord_date_format = "{written}"\n', encoding="utf-8")
    assert delivered(cli, folder, text, "--clinic", str(clinic)) == [2.0, 2.0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    text = end.join(["Datum;Dosis", "02.03.2026;1,8", ""])
    record = records_csv.parse(text, "r", "tumour", [("date", "Datum"), ("dose_gy", "Dosis")], "%d.%m.%Y")
    assert told(record) == [(D("2026-03-02"), None, None, {"tumour": 1.8}, "", "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_names_that_a_clinic_states_prove_the_encoding(tmp_path: Path, encoding: Any) -> None:
    columns = [("date", "日期"), ("dose_cgy", "剂量")]
    path = tmp_path / "r.csv"
    path.write_bytes("姓名,日期,剂量\n王,2026-03-02,200\n".encode(encoding))
    assert told(records_csv.read(path, "tumour", columns)) == [(D("2026-03-02"), None, None, {"tumour": 2.0}, "", "")]
    with pytest.raises(ConfigError, match=r"none of the columns|is not UTF-8 text"):
        records_csv.read(path, "tumour", [("date", "date")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Datum;Dosis [Gy]\n2026-03-02;2,0\n", "column 'Dosis [Gy]' is not known"),
        ("Datum;Status\n2026-03-02;missed\n", "column 'Status' is not known"),
        ("Datum;Dosis;Status\n2026-03-02;2,0;ok\n2026-03-03;;ausgefallen\n", "column 'Status' is not known"),
        ("Datum;Dosis\n2026-03-02;1,8\n2026-03-03;1.8\n", "line 2: dose_gy: must be a number in Gy, got '1,8'"),
    ],
)
def test_columns_that_tell_of_doses_are_not_left_aside(text: Any, message: Any) -> None:
    columns = [("date", "Datum"), *([("dose_gy", "Dosis")] if "Dosis;" in text or "Dosis\n" in text else [])]
    with pytest.raises(ConfigError, match=re.escape(message)):
        records_csv.parse(text, "r", "tumour", columns)


def test_a_clinic_that_states_its_columns_may_keep_a_spreadsheet(tmp_path: Path) -> None:
    clinic, path = tmp_path / "c.toml", tmp_path / "r.xlsx"
    clinic.write_text(
        f'{CLINIC}record_columns = {{ "Datum" = "date", "Dosis" = "dose_gy", "Fraktion" = "fraction" }}\n',
        encoding="utf-8",
    )
    path.write_bytes(sheet(HEAD, [dt.date(2026, 3, 2), 1, 2.0, SECRET]))
    record = files.read(path, "tumour", clinic=str(clinic))
    assert told(record) == [(D("2026-03-02"), None, 1, {"tumour": 2.0}, "", "")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Datum;Fraktion;Dosis;Gerät\n02.03.2026;1;2,00;LÄ\n03.03.2026;2;2,00;LÄ\n".encode("cp1252"), "german"),
        ("\ufeffDatum;Fx;Dosis (cGy)\r\n02.03.2026 09:15;1;200\r\n03.03.2026 09:15;2;200,0\r\n", "german"),
        ("日期,次数,剂量(Gy),状态\n2026年3月2日,1,2.0,已完成\n2026/3/3,2,2.0,已完成\n".encode("gb18030"), "chinese"),
        (
            "Pat_ID1,Tx_DtTm,Fractions_Tx,Dose_Tx_Act,TerminationCode\n7,2026-03-02 09:15:00.000,1,200,1\n"
            "7,2026-03-03 09:15:00.000,2,200,1\n",
            "mosaiq",
        ),
        (
            "PatientId,FractionNumber,TreatmentStartTime,TerminationStatus\n7,1,2026-03-02T09:15:00,NORMAL\n"
            "7,2,2026-03-03T09:15:00,NORMAL\n",
            "aria",
        ),
        (
            "FractionNumber,TreatmentRecordDateTime,DoseDelivered,IsImage,IsBrachy\n"
            "1,2026-03-02 09:15:00.0000000,2,0,0\n"
            "1,2026-03-02 09:10:00.0000000,0,1,0\n2,2026-03-03 09:15:00.0000000,2,False,False\n",
            "aria-aura",
        ),
    ],
)
def test_shipped_formats_read_a_file_of_two_fractions(cli: Any, folder: Any, text: Any, name: Any) -> None:
    assert delivered(cli, folder, text, "--record-format", name) == [2.0, 2.0]


def test_the_table_that_plan_writes_is_a_record(cli: Any, folder: Any) -> None:
    table = (folder / "p" / "fractions.csv").read_text(encoding="utf-8")
    head, *rows = table.splitlines(keepends=True)
    given_so_far = head + "".join(rows[:3])
    for options in ((), ("--record-format", "rtplan")):
        assert delivered(cli, folder, given_so_far, *options) == [2.0, 2.0, 2.0]
    assert delivered(cli, folder, given_so_far.replace(",2.0,6.0,", ",1.5,6.0,")) == [2.0, 2.0, 1.5]


def test_its_columns_of_doses_name_the_targets(cli: Any, tmp_path: Path) -> None:
    text = "number,date,start,phase,dose_a b_gy,cumulative_a b_gy,dose_PTV_gy,cumulative_PTV_gy,day [d]\n"
    record = read(f"{text}1,2026-03-02,09:00,p,2.0,2.0,1.8,1.8,0\n", "rtplan")
    assert told(record) == [(D("2026-03-02"), dt.time(9), 1, {"a b": 2.0, "PTV": 1.8}, "", "p")]
    assert record.entries[0].targets == ("a b", "PTV")


def test_a_record_in_the_plain_form_is_read_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("date,time,fraction,dose_gy,status\n2026-03-02,09:15,1,1.8,delivered\n", encoding="utf-8")
    assert told(files.read(path, "tumour")) == [(D("2026-03-02"), dt.time(9, 15), 1, {"tumour": 1.8}, "delivered", "")]
    assert files.read(path, "tumour").rows == ""


# --- where a clinic's file, a format and the command meet


def test_a_clinic_may_name_its_format_by_name_or_by_a_path_from_where_it_lies(tmp_path: Path) -> None:
    record, clinic = tmp_path / "r.csv", tmp_path / "c.toml"
    record.write_text("Datum;Dosis\n02.03.2026;2,0\n", encoding="utf-8")
    own = (catalogue.directory() / "records" / "german.toml").read_text(encoding="utf-8")
    (tmp_path / "ours.toml").write_text(own, encoding="utf-8")
    for name in ("german", "./ours.toml", str(tmp_path / "ours.toml")):
        clinic.write_text(f'{CLINIC}record_format = "{name}"\n', encoding="utf-8")
        assert files.read(record, "tumour", clinic=str(clinic)).entries[0].date == D("2026-03-02")


@pytest.mark.parametrize("key", ['record_columns = { "Datum" = "date" }', 'record_date_format = "%d.%m.%Y"'])
def test_a_format_and_columns_of_its_own_contradict_each_other(tmp_path: Path, key: Any) -> None:
    clinic = tmp_path / "c.toml"
    clinic.write_text(f'{CLINIC}record_format = "german"\n{key}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=f"record_format and {key.split()[0]} both say how records are written"):
        catalogue.load_clinic(str(clinic))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--record-format", "german"], "--record-format says how a record is read: it goes with --record"),
        (["--record-plan", "A"], "--record-plan says how a record is read: it goes with --record"),
    ],
)
def test_options_of_a_record_go_with_a_record(cli: Any, folder: Any, options: Any, message: Any) -> None:
    result = cli("missed", str(folder / "p" / "plan.json"), "--missed", "2026-03-03", *options)
    assert (result.exit_code, message in result.output) == (2, True), result.output


def test_an_unknown_format_is_refused_with_the_nearest(cli: Any, folder: Any) -> None:
    result = cli("missed", str(folder / "p" / "plan.json"), "--record", "r.csv", "--record-format", "mosaik")
    assert result.exit_code == 1
    assert "there is no record format 'mosaik'; did you mean 'mosaiq'?" in result.output


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"columns": {"day": "date", "dose": "gray"}}, "columns: 'dose' = 'gray': takes date, time, fraction"),
        ({"columns": {"dose": "dose_gy"}, "optional": ()}, "columns: no column is the date"),
        ({"columns": {"day*": "date"}}, "one [*] may stand for the target in a column of doses"),
        ({"delimiter": ","}, None),
        ({"delimiter": "-"}, "delimiter takes"),
        ({"delimiter": ",", "decimal": ","}, "delimiter and decimal are both ','"),
        ({"encodings": ("latin-9",)}, "encodings takes"),
        ({"encodings": ()}, "encodings is empty"),
        ({"header_row": 0}, "header_row must be a whole number of at least 1"),
        ({"rows": "beams"}, "rows takes"),
        ({"optional": ("dosis",)}, "optional names 'dosis', which is not in columns, keep or plan_column"),
        ({"keep": {"kind": ()}}, "keep: 'kind' has no value"),
        ({"date_formats": ("%d.%m.",)}, "date_formats: '%d.%m.' must hold day, month and year once each"),
        ({"date_formats": ("%d.%m.%Y %j",)}, "must hold day, month and year once each"),
        ({"date_formats": ("%m/%d/%Y %I:%M",)}, "has %I, an hour up to 12, without %p"),
        ({"date_formats": ("%m/%d/%Y :%M",)}, "has minutes and no hour"),
        ({"time_formats": ("%d",)}, "time_formats: '%d' must be a clock time"),
        ({"statuses": {"ok": "given"}}, "statuses: 'ok' = 'given': takes delivered, partial, remainder, missed"),
        ({"statuses": {"ok": "delivered", "OK ": "missed"}}, "statuses: 'ok' stands twice"),
    ],
)
def test_a_format_is_checked_where_it_is_made(keys: Any, message: Any) -> None:
    if message is None:
        form(**keys)
        return
    with pytest.raises(ValueError, match=message):
        form(**keys)


def test_a_format_is_a_strict_file(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text(
        'name = "f"\nlabel = "f"\nsource = { text = "x", verified = true }\ndelimeter = ";"\nheader_row = "2"\n'
        '[columns]\n"Datum" = "date"\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        catalogue.load_record_format(str(path))
    assert "delimeter is not a known key; did you mean 'delimiter'?" in str(caught.value)
    assert "header_row: " in str(caught.value)


# --- what could be read twice, or not at all


FORM = "day,fx,dose,state\n"


@pytest.mark.parametrize(
    ("text", "keys", "message"),
    [
        ("", {}, "r: is empty: the first line names the columns"),
        (FORM, {}, "r: has no line below its column names"),
        ("dose\n1.8\n", {}, "r: line 1: there is no column 'day'"),
        ("day,day\n2026-03-02,2026-03-02\n", {}, "r: line 1: column 'day' stands twice"),
        ("day,note\n2026-03-02,x\n", {}, "r: line 1: column 'note' is not known: day, fx, dose, state; other names go"),
        ("day,\n2026-03-02,\n", {}, "r: line 1: column 2 has no name"),
        ("day;dose\n2026-03-02;1,8\n", {}, 'looks parted by semicolons: delimiter = ";" in a record format says so'),
        ("day,dose\n2026-03-02,1.8,9\n", {}, "r: line 2: the line: has 3 cells for 2 columns"),
        ('day,dose\n2026-03-02,"1.8\n2026-03-03,1.8\n', {}, "r: line 2: a quotation mark is not closed"),
        ('day,dose\n2026-03-02,"1,8"\n', {}, "r: line 2: dose_gy: must be a number in Gy, got '1,8': the comma looks"),
        ('day,dose\n2026-03-02,"1,800.0"\n', {}, "got '1,800.0': the comma is not read"),
        ("day,dose\n2026-03-02,1_8\n", {}, "must be a number in Gy, got '1_8'"),
        (
            "day,dose\n2026-03-02,180\n",
            {},
            "180 Gy is more than the 30 Gy that one line is believed to give; or 180 cGy",
        ),
        (
            "day;dose\n2026-03-02;1.8\n",
            {"delimiter": ";", "decimal": ","},
            "has a point in '1.8', but decimal is a comma",
        ),
        (
            "day;c\n2026-03-02;1,800\n",
            {"delimiter": ";", "decimal": ",", "columns": {"day": "date", "c": "dose_cgy"}, "optional": ()},
            "'1,800' is 1.800 or 1800 cGy",
        ),
        (
            "day,c\n2026-03-02,2.0\n2026-03-03,2.0\n",
            {"columns": {"day": "date", "c": "dose_cgy"}, "optional": ()},
            "no line has more than 2 cGy = 0.02 Gy; or 2 Gy? Then the column is dose_gy (column 'c')",
        ),
        ("day\n02/03/2026\n", {}, "2 March or 3 February? record_date_format of the clinic's file"),
        (
            "day\n02/03/2026\n",
            {"date_formats": ("%d/%m/%Y", "%m/%d/%Y")},
            "'02/03/2026' has two readings, 2026-03-02 00:00:00 or 2026-02-03 00:00:00",
        ),
        ("day\n30.02.2026\n", {"date_formats": ("%d.%m.%Y",)}, "must be written %d.%m.%Y, got '30.02.2026'"),
        ("day\n1026-03-02\n", {}, "must lie in the years 1950 to 2200, got 1026-03-02"),
        ("day,state\n2026-03-02,gegeben\n", {}, "status: takes delivered, partial, remainder, missed, got 'gegeben'"),
        ("day,state,dose\n2026-03-02,missed,1.8\n", {}, "status: says missed, but the line has a dose of 1.8 Gy"),
        ("day,fx\n2026-03-02,1.5\n", {}, "fraction: must be a whole number from 1 to 999, got '1.5'"),
        ("day,dose\n2026-03-02,\n", {"rows": "fields"}, "is empty: a line that is not missed needs its dose here"),
        ("day\n2026-03-02\n", {"keep": {"kind": ("a",)}}, "r: line 1: there is no column 'kind'"),
        ("day,kind\n2026-03-02,b\n", {"keep": {"kind": ("a",)}}, "no line is left: none of 1 has a value in 'kind'"),
        (
            "day,t,dose\n2026-03-02 09:15,09:20,1.8\n",
            {
                "columns": {"day": "date", "t": "time", "dose": "dose_gy"},
                "optional": (),
                "date_formats": ("%Y-%m-%d %H:%M",),
            },
            "time: says 09:20:00, but the date has 09:15:00",
        ),
        (
            "day,a,b\n2026-03-02,1,100\n",
            {"columns": {"day": "date", "a": "dose_gy", "b": "dose_cgy"}, "optional": ()},
            "line 1: columns 'a' and 'b' both give the dose",
        ),
    ],
)
def test_doubts_are_refused_with_file_line_and_column(text: Any, keys: Any, message: Any) -> None:
    assert message in refusal(text, form(**keys))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04", "looks like a spreadsheet (XLSX or ODS)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "looks like a spreadsheet (XLS)"),
        (b"\0" * 128 + b"DICM", "looks like DICOM"),
        (b'\xef\xbb\xbf {"date": 1}', "looks like JSON"),
        (b"<html><table>", "looks like HTML or XML"),
        (b"%PDF-1.7", "looks like a PDF file"),
        ("date\n".encode("utf-16"), 'looks like UTF-16 text, not like a table of text: encodings = ["utf-16"]'),
        ("date,Gerät\n".encode("cp1252"), "is not UTF-8 text: it may be gb18030 or cp1252: encodings of a record"),
        ("date,日期\n".encode("gb18030"), "is not UTF-8 text: it may be gb18030 or cp1252"),
        (b"date\n2026-03-02\n2026-\0\n", "line 3: holds a NUL byte"),
        (b"", "is empty"),
        (b"\n \n", "is empty"),
    ],
)
def test_what_is_no_table_of_text_is_named(tmp_path: Path, content: Any, message: Any) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        files.read(path, "tumour")
    assert message in str(caught.value)


def test_folders_pipes_devices_and_huge_files_are_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as stream:
        stream.truncate(30_000_000)
    for path, message in (
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "is a pipe or a device"),
        (Path(os.devnull), "is a pipe or a device"),
        (huge, "is larger than"),
        (tmp_path / "none", "no such file"),
    ):
        with pytest.raises(ConfigError, match=message):
            files.read(path, "tumour")


def test_twenty_wrong_lines_are_named_and_the_others_counted() -> None:
    text = "day,dose\n" + "2026-13-01,x\n" * 15 + "2026-03-02\n" * 2
    told_of = refusal(text, form()).splitlines()
    assert len(told_of) == 21
    assert told_of[:2] == [
        "r: line 2: date must be a date that exists, written YYYY-MM-DD, got '2026-13-01' (column 'day')",
        "r: line 2: dose_gy: must be a number in Gy, got 'x' (column 'dose')",
    ]
    assert told_of[-1] == "r: and 12 more"


def test_lines_are_counted_as_the_file_has_them() -> None:
    text = '\ufeffday,state\r\n2026-03-02,""\r\n\r\n2026-03-03,"de\r\nlivered"\r\nx,\r\n'
    assert [line[:10] for line in refusal(text, form()).splitlines()] == ["r: line 4:", "r: line 6:"]
    assert [entry.line for entry in read(text.replace("de\r\n", "de").replace("x,\r\n", ""), form()).entries] == [2, 4]


def test_what_stands_above_the_names_of_the_columns_is_not_read() -> None:
    how = form(header_row=3)
    assert told(read('Patient;,\n"x\nday,dose\n2026-03-02,1.8\n', how))[0][3] == {"tumour": 1.8}
    assert "line 3 names no columns" in refusal("a\nb\n", how)


def test_midnight_behind_every_date_is_no_clock_time_and_a_clock_time_is_kept() -> None:
    how = form(date_formats=("%Y-%m-%d %H:%M:%S",))
    assert {e.time for e in read("day\n2026-03-02 00:00:00\n2026-03-03 00:00:00\n", how).entries} == {None}
    kept = read("day\n2026-03-02 00:00:00\n2026-03-02 09:30:00\n", how)
    assert [entry.time for entry in kept.entries] == [dt.time(), dt.time(9, 30)]


def test_doses_of_a_column_of_centigray_are_exact() -> None:
    how = form(columns={"day": "date", "c": "dose_cgy"}, optional=())
    text = "day,c\n" + "".join(f"2026-03-02,{cgy}\n" for cgy in range(10, 3001))
    doses = [entry.doses_gy["tumour"] for entry in read(text, how).entries]
    assert doses == [float(f"{cgy // 100}.{cgy % 100:02d}") for cgy in range(10, 3001)]


# --- several plans, and lines left out


TWO = (
    "TreatmentStartTime,FractionNumber,TerminationStatus,PlanSetupId\n"
    "2026-03-02 09:00:00,1,NORMAL,Neck\n2026-03-03 09:00:00,2,NORMAL,Neck\n2026-03-04 09:00:00,1,NORMAL,Boost\n"
)


def test_several_plans_are_named_and_one_is_chosen() -> None:
    assert "column 'PlanSetupId' names several plans, 'Neck', 'Boost': choose with --record-plan NAME" in (
        refusal(TWO, "aria")
    )
    assert [entry.number for entry in read(TWO, "aria", "Neck").entries] == [1, 2]
    assert "there is no plan 'neck'; column 'PlanSetupId' names 'Neck', 'Boost'" in refusal(TWO, "aria", "neck")


def test_plans_that_follow_each_other_are_numbered_through() -> None:
    assert [entry.number for entry in read(TWO, "aria", "Boost", "Neck").entries] == [1, 2, 3]
    overlap = TWO.replace("2026-03-04", "2026-03-03")
    assert "were given in one span of time" in refusal(overlap, "aria", "Boost", "Neck")


def test_a_plan_cannot_be_chosen_where_none_is_named() -> None:
    assert "is read in a format that names no plan_column" in refusal("day\n2026-03-02\n", form(), "A")
    without = "\n".join(line.rpartition(",")[0] for line in TWO.splitlines())
    assert "has no column 'PlanSetupId'" in refusal(without, "aria", "Neck")


def test_a_filter_that_the_file_has_no_column_for_is_told() -> None:
    notes = {note.code: sentence(note) for note in read(TWO, "aria", "Neck").notes}
    assert notes["record-filter-absent"].startswith("r has no column TreatmentDeliveryType: lines that the format aria")
    assert "[from a program]: schema read in public code" in notes["record-format"]


# --- spreadsheets


def _bytes(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet(*rows: list[Any], name: str = "Verlauf") -> bytes:
    book: Any = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    return _bytes(book)


HEAD = ["Datum", "Fraktion", "Dosis", "Bemerkung"]


def test_cells_of_a_spreadsheet_keep_their_types() -> None:
    content = sheet(HEAD, [dt.date(2026, 3, 2), 1, 2, "x"], [], [dt.datetime(2026, 3, 3, 9, 30), 2.0, 1.5, None])
    record = read(content, "german")
    assert told(record) == [
        (D("2026-03-02"), None, 1, {"tumour": 2.0}, "", ""),
        (D("2026-03-03"), dt.time(9, 30), 2, {"tumour": 1.5}, "", ""),
    ]
    assert [entry.line for entry in record.entries] == [2, 4]


def ods(*rows: str) -> bytes:
    """An OpenDocument sheet with these rows, written by hand."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("mimetype", kind)
        packed.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        )
        packed.writestr(
            "content.xml",
            f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="a">{body}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return stream.getvalue()


def test_older_and_open_spreadsheets_are_read_alike() -> None:
    def text(value: Any) -> Any:
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    day = '<table:table-cell office:value-type="date" office:date-value="2026-03-0{}"/>'
    number = '<table:table-cell office:value-type="float" office:value="{}"/>'
    content = ods(
        "".join(map(text, HEAD[:3])),
        *(day.format(d) + number.format(n) + number.format(dose) for d, n, dose in ((2, 1, 2.0), (3, 2, 1.5))),
    )
    expected = [
        (D("2026-03-02"), None, 1, {"tumour": 2.0}, "", ""),
        (D("2026-03-03"), None, 2, {"tumour": 1.5}, "", ""),
    ]
    assert told(read(content, "german")) == expected
    assert told(read((DATA / "record.xls").read_bytes(), "german")) == expected


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([46083, 1, 2.0, ""], "line 2: date: must be a date, got the number 46083.0: give the cells a date format"),
        (["2026-03-02", 1, 2.0, ""], "line 2: date: must be written %d.%m.%Y or "),
        ([dt.date(2026, 3, 2), 1, dt.date(2026, 8, 1), ""], "line 2: dose_gy: must be a number in Gy, got 2026-08-01"),
        ([dt.date(2026, 3, 2), 1.5, 2.0, ""], "line 2: fraction: must be a whole number from 1 to 999, got 1.5"),
        ([dt.date(2026, 3, 2), True, 2.0, ""], "line 2: fraction: must be a whole number"),
        ([dt.date(2026, 3, 2), 1, True, ""], "line 2: dose_gy: must be a number in Gy, got True"),
        ([dt.date(2026, 3, 2), 1, None, ""], "line 2: dose_gy: is empty: a line that is not missed needs its dose"),
        ([dt.date(2026, 3, 2), 1, "=1+1", ""], "line 2: dose_gy: is empty"),
        ([dt.date(2026, 3, 2), 1, "2.0", ""], "line 2: dose_gy: has a point in '2.0', but decimal is a comma"),
        ([dt.date(2026, 3, 2), 1, 200, ""], "line 2: dose_gy: 200 Gy is more than the 30 Gy"),
        ([None, 1, 2.0, ""], "line 2: date: must be written"),
    ],
)
def test_a_cell_of_another_type_is_refused(row: Any, message: Any) -> None:
    assert message in refusal(sheet(HEAD, row), "german")


def test_a_sheet_is_named_where_there_are_several() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet(HEAD, [dt.date(2026, 3, 2), 1, 2.0, ""])))
    book.create_sheet("Geheim")
    assert "has 2 sheets: sheet of the record format says which is read" in refusal(_bytes(book), "german")
    keys = {"files": ("spreadsheet",), "columns": {"Datum": "date"}, "ignored": ("*",), "optional": ()}
    assert len(read(_bytes(book), form(sheet="Verlauf", **keys)).entries) == 1
    assert "has no sheet 'verlauf'" in refusal(_bytes(book), form(sheet="verlauf", **keys))


def test_a_damaged_or_monstrous_spreadsheet_is_refused(tmp_path: Path) -> None:
    content = sheet(HEAD, [dt.date(2026, 3, 2), 1, 2.0, ""])
    for bad in (content[:200], content[:-30], b"PK\x03\x04" + b"x" * 99, b"\xd0\xcf\x11\xe0" + b"x" * 600):
        assert "is no spreadsheet that can be read" in refusal(bad, "german")
    book: Any = openpyxl.Workbook()
    book.active.cell(1, 1, "Datum")
    book.active.cell(1_048_576, 16_384, "far")
    assert "damaged, or too large to be unpacked" in refusal(_bytes(book), "german")


def test_a_spreadsheet_needs_a_format_that_reads_one(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(sheet(HEAD, [dt.date(2026, 3, 2), 1, 2.0, ""]))
    assert len(files.read(path, "tumour", record_format="german").entries) == 1
    with pytest.raises(ConfigError, match="the record format 'rtplan' has none among its files"):
        files.read(path, "tumour", record_format="rtplan")
    path.write_text("date\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is no spreadsheet but looks like text"):
        files.read_as(path, form(files=("spreadsheet",)), "tumour")


# --- nobody's name


SECRET = "Geheim, Anna"


def with_secret(text: str, delimiter: str) -> str:
    """A column before the first and one after the last, of which every cell is a patient's name."""
    head, *rows = text.splitlines()
    quoted = f'"{SECRET}"'
    return "\n".join(
        [
            delimiter.join(["Name", head, "Bemerkung"]),
            *(delimiter.join([quoted, row, f'"Tel. {SECRET}\n{SECRET}"']) for row in rows),
        ]
    )


GOOD = {
    "mosaiq": "Tx_DtTm,Fractions_Tx,Dose_Tx_Act\n2026-03-02 09:15:00,1,200\n",
    "aria": "TreatmentStartTime,FractionNumber,TerminationStatus\n2026-03-02 09:15:00,1,NORMAL\n",
    "aria-aura": "TreatmentStartTime,FractionNumber,DoseDelivered,IsImage,IsBrachy\n2026-03-02 09:15:00,1,2.0,0,0\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_no_cell_that_is_not_read_reaches_an_answer_or_a_refusal(cli: Any, folder: Any, name: Any) -> None:
    path, plan = folder / "secret.csv", str(folder / "p" / "plan.json")
    good = with_secret(GOOD[name], ",")
    bad = [
        good,
        good.replace("2026-03-02", "2026-13-02"),
        good.replace("09:15:00,1", "09:15:00,one"),
        good.replace(",1,", ",1,9,"),
        good + '"',
        good.replace(",", ";"),
        f"{SECRET}\n{good}",
        f"{good}\n{SECRET}",
        good.replace("2026-03-02", "2020-03-02"),
        good.replace("Tx_DtTm", "x").replace("TreatmentStartTime", "x"),
    ]
    codes = set()
    for text in bad:
        path.write_text(text, encoding="utf-8")
        for how in (
            (name, "--json"),
            ("german",),
            *([(name, "--out", str(folder / "out"), "--force")] * (text == good)),
        ):
            result = cli("missed", plan, "--record", str(path), "--record-format", *how)
            codes.add(result.exit_code)
            assert not re.search("Geheim|Anna", result.output)
    assert codes == {0, 1}
    for written in (folder / "out").iterdir():
        content = written.read_bytes()
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                content = b"".join(packed.read(part) for part in packed.namelist())
        assert b"Geheim" not in content


def test_a_line_of_names_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for text in (f"{SECRET}\ndate\n2026-03-02\n", f"{SECRET};1\n"):
        path.write_text(text, encoding="utf-8")
        for name in ("", *SHIPPED):
            with pytest.raises(ConfigError) as caught:
                files.read(path, "tumour", record_format=name)
            assert not re.search("Geheim|Anna", str(caught.value))


def test_entries_of_fields_stay_a_line_each() -> None:
    text = "Tx_DtTm,Fractions_Tx,Dose_Tx_Act\n2026-03-02 09:15:00,1,120\n2026-03-02 09:17:00,1,80\n"
    record = read(text, "mosaiq")
    assert isinstance(record.entries[0], RecordEntry)
    assert [(entry.line, entry.number, entry.doses_gy["tumour"]) for entry in record.entries] == [
        (2, 1, 1.2),
        (3, 1, 0.8),
    ]
    assert record.rows == "fields"


# --- the guide


GUIDE = (Path(catalogue.__file__).resolve().parent.parent / "docs" / "records.md").read_text(encoding="utf-8")


def test_the_guide_is_true(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are written, its commands run, and the lines below them are printed in this order."""
    monkeypatch.chdir(tmp_path)
    for name, content in re.findall(r"```(?:csv|toml) (\S+)\n(.*?)```", GUIDE, flags=re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    commands = re.findall(r"^\$ rtplan (.*)\n((?:(?!\$ |```).*\n)*)", GUIDE, flags=re.MULTILINE)
    assert len(commands) >= 8
    for command, lines in commands:
        result = cli(command)
        assert result.exit_code in (0, 1), result.output
        printed = iter([line.rstrip() for line in result.output.splitlines()])
        for line in lines.splitlines():
            assert line == "..." or line in printed, f"{command}\n{line!r} is not printed\n{result.output}"


def test_the_guide_names_every_shipped_format() -> None:
    assert {name for name in SHIPPED if f"| `{name}` |" in GUIDE} == set(SHIPPED)


def test_the_format_of_the_guide_reads_what_it_says(tmp_path: Path) -> None:
    blocks = dict(re.findall(r"```(?:csv|toml) (\S+)\n(.*?)```", GUIDE, flags=re.DOTALL))
    for name, content in blocks.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    record = files.read(tmp_path / "export.csv", "tumour", record_format=str(tmp_path / "ours.toml"))
    assert [(entry.line, entry.time, entry.number, entry.doses_gy) for entry in record.entries] == [
        (3, dt.time(9, 20), 1, {"tumour": 1.2}),
        (4, dt.time(9, 24), 1, {"tumour": 0.8}),
    ]
