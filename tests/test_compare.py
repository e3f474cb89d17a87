"""Proof of comparisons: differences and crossings by hand and by law, on real dates, and what the commands print."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.clinic.days import every_day_open
from rtplan.errors import DomainError
from rtplan.library import catalogue
from rtplan.note import KNOWN
from rtplan.prescription.notation import parse
from rtplan.questions.comparison import Candidate, compare, crossing_alpha_beta
from rtplan.radiobiology import lq


def candidates(*texts: str) -> list[Candidate]:
    return [Candidate(name=text, prescription=parse(text)) for text in texts]


def test_differences_and_ratios_are_to_the_first_row() -> None:
    result = compare(candidates("45/25", "60/30"))
    first, _, tumour, late = result.rows
    assert first.difference.bed_gy == 0
    assert first.ratio.bed_gy == 1
    assert tumour.reference.regimen == late.reference.regimen == result.reference == "45/25"
    assert tumour.difference.bed_gy == pytest.approx(18.9)
    assert late.difference.eqd2_gy == pytest.approx(16.8)
    assert tumour.ratio.bed_gy == pytest.approx(72 / 53.1)
    assert (tumour.difference.elapsed_days, tumour.difference.time_loss_gy) == (7.0, None)


@pytest.mark.parametrize(
    ("first", "second", "alpha_beta"),
    [
        ("60/30", "64.8/36", 0.7),  # (120 - 116.64) / 4.8
        ("60/30", "61.2/34", 8.2),
        ("45/25", "50/25", None),  # more dose and more squares
        ("45/25", "45/25 bid", None),
        ("45/25", "45/15", None),  # same dose: apart at every alpha/beta
        ("30/10", "20/10 + 16/8", (90.0 - 72.0) / 6.0),
    ],
)
def test_where_two_regimens_change_order(first: str, second: str, alpha_beta: float | None) -> None:
    found = crossing_alpha_beta(parse(first), parse(second))
    assert found == (None if alpha_beta is None else pytest.approx(alpha_beta, rel=1e-9))


phase = st.tuples(st.integers(1, 40), st.integers(50, 800))


@given(a=phase, b=phase)
def test_bed_is_equal_at_the_crossing_and_ordered_on_each_side(a: tuple[int, int], b: tuple[int, int]) -> None:
    (n, d), (m, e) = a, b
    one, two = candidates(f"{n}fx{d / 100}Gy 5/week", f"{m}fx{e / 100}Gy 6/week")
    crossings = compare([one, two]).crossings

    def difference(alpha_beta: float) -> float:
        return float(lq.bed(n, d / 100, alpha_beta)) - float(lq.bed(m, e / 100, alpha_beta))

    if not crossings:
        assert difference(0.01) * difference(1e4) >= -1e-6
        return
    at = crossings[0].alpha_beta_gy
    assert difference(at) == pytest.approx(0, abs=1e-7 * (1 + n * d * d / at))
    sign = 1 if crossings[0].above == one.name else -1
    assert sign * difference(2 * at) > 0 > sign * difference(at / 2)


def test_given_twice() -> None:
    with pytest.raises(DomainError, match="'45/25' is given twice"):
        compare(candidates("45/25", "45/25"))


def test_a_calendar_needs_a_start() -> None:
    calendar = every_day_open(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    with pytest.raises(DomainError, match="needs both a calendar and a start"):
        compare(candidates("45/25"), calendar=calendar)


# --- the command ----------------------------------------------------------------------------------------------------


def rows_of(document: dict[str, Any], tissue: str) -> dict[str, dict[str, Any]]:
    return {row["regimen"]: row for row in document["rows"] if row["tissue"] == tissue}


def test_the_default_comparison(cli: Any) -> None:
    document = json.loads(cli("compare --json").stdout)
    assert document["schema"] == "rtplan.compare/1"
    assert document["rows"][0]["regimen"] == document["reference"] == "45/25"
    names = ["45/25", "50/25", "50.4/28", "59.4/33", "60/30", "61.2/34", "64.8/36", "cross", "artdeco-hd", "shi-lcaf"]
    assert [entry["name"] for entry in document["regimens"]] == names
    tumour, late = rows_of(document, "generic-tumour"), rows_of(document, "generic-late")
    assert tumour["64.8/36"]["bed_gy"] == pytest.approx(76.464)
    assert late["50.4/28"]["eqd2_gy"] == pytest.approx(48.384)
    assert late["60/30"]["difference"]["bed_gy"] == pytest.approx(28.0)
    timed = rows_of(document, "squamous-surrogate")
    net = {name: timed[name]["net_bed_gy"] for name in ("45/25", "50.4/28", "60/30", "64.8/36")}
    assert net == pytest.approx({"45/25": 49.5, "50.4/28": 51.372, "60/30": 62.1, "64.8/36": 57.564})
    assert all(row["time_loss_gy"] is None for row in tumour.values())
    assert timed["shi-lcaf"]["dose_gy"] == 68.4
    assert timed["artdeco-hd"]["dose_gy"] == 61.6


@pytest.mark.parametrize("words", ["compare", "compare 60/30 cross", "compare --start 2026-02-02 --clinic west-china"])
def test_what_bed_does_not_contain_is_printed(cli: Any, words: str) -> None:
    text = " ".join(cli(words).stdout.split())
    assert "BED contains no effect of systemic treatment or of volume: regimens that differ in those" in text


def test_time_loss_stands_under_the_name_of_its_set(cli: Any) -> None:
    text = cli("compare --full").stdout
    for name in ("squamous-surrogate", "withers-1988"):
        assert f"with the time factor of {name}" in text
    assert "not read in a source: fraction count" in " ".join(text.split())


def test_on_the_real_calendar(cli: Any) -> None:
    """45/25 from 2026-02-02 in China, worked weekends unused: last 2026-03-16, T 42, prolongation 10, net 40.5."""
    document = json.loads(cli("compare --start 2026-02-02 --clinic west-china --json").stdout)
    dates = {entry["regimen"]: entry for entry in document["dates"]}
    trial = dates["45/25"]
    assert (trial["first"], trial["last"], trial["elapsed_days"], trial["prolongation_days"]) == (
        "2026-02-02", "2026-03-16", 42, 10,
    )  # fmt: skip
    assert {entry["first"] for entry in document["dates"]} == {"2026-02-02"}
    assert rows_of(document, "squamous-surrogate")["45/25"]["net_bed_gy"] == pytest.approx(40.5)
    used = json.loads(cli("compare --start 2026-02-02 --clinic west-china --worked-weekends yes --json").stdout)
    assert used["dates"][0]["last"] == "2026-03-12"


def test_a_start_on_a_closed_day_moves_for_all(cli: Any) -> None:
    document = json.loads(cli("compare 45/25 60/30 --start 2026-02-16 --clinic west-china --json").stdout)
    assert {entry["first"] for entry in document["dates"]} == {"2026-02-24"}
    assert any(note["code"] == "start-moved" for note in document["notes"])


def test_the_reference_comes_first(cli: Any) -> None:
    document = json.loads(cli("compare 45/25 60/30 --reference 50.4/28 --json").stdout)
    assert [entry["name"] for entry in document["regimens"]] == ["50.4/28", "45/25", "60/30"]
    single = json.loads(cli("compare 60/30 --json").stdout)
    assert [entry["name"] for entry in single["regimens"]] == ["45/25", "60/30"]


def test_named_tissues_and_csv(cli: Any) -> None:
    done = cli("compare 45/25 60/30 --tissue squamous-surrogate-tk21 --csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["tissue"] for row in rows} == {"generic-tumour", "generic-late", "squamous-surrogate-tk21"}
    last = rows[-1]
    difference = float(last["net_bed_gy"]) - float(last["reference_net_bed_gy"])
    assert float(last["difference_net_bed_gy"]) == pytest.approx(difference)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("compare --clinic CN", 2, "go with --start"),
        ("compare kunlun", 1, "has no dose to calculate with"),
        ("compare 30x2", 1, "30 fractions of 2 Gy or as 2 fractions of 30 Gy"),
        ("compare --start 2026-02-30", 2, "must be a date that exists"),
        ("compare --start 2026-02-02 --clinic nowhere", 1, "there is no clinic 'nowhere'"),
        ("compare --start 2090-03-06 --clinic west-china --no-provisional", 1, "not officially announced"),
    ],
)
def test_refused(cli: Any, words: str, code: int, message: str) -> None:
    done = cli(words)
    assert done.exit_code == code, done.output
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


# --- workdays and list ----------------------------------------------------------------------------------------------


def test_workdays_each_with_its_reason(cli: Any) -> None:
    document = json.loads(cli("workdays west-china --from 2026-02-13 --to 2026-02-24 --json").stdout)
    assert document["schema"] == "rtplan.workdays/1"
    days = {day["date"]: day for day in document["days"]}
    assert list(days) == [f"2026-02-{day}" for day in range(13, 25)]
    assert (document["open_days"], document["closed_days"]) == (2, 10)
    assert all(day["reason"] for day in document["days"])
    assert (days["2026-02-14"]["open"], days["2026-02-14"]["kind"]) == (False, "worked weekend")
    assert (days["2026-02-17"]["open"], days["2026-02-17"]["kind"]) == (False, "holiday")
    assert days["2026-02-24"]["open"] is True
    used = json.loads(cli("workdays west-china --from 2026-02-14 --to 2026-02-14 --worked-weekends yes --json").stdout)
    assert used["days"][0]["open"] is True


def test_workdays_say_what_is_provisional(cli: Any) -> None:
    done = cli("workdays CN --from 2026-12-28 --to 2026-12-31 --csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    # once the library knows 2027, the 29th to the 31st are announced too
    assert rows[0] == {
        "date": "2026-12-28", "weekday": "Mon", "open": "true", "kind": "workday", "reason": "workday",
        "provisional": "false",
    }  # fmt: skip


def test_a_span_of_closed_days_is_an_answer(cli: Any) -> None:
    document = json.loads(cli("workdays GB-ENG --from 2026-04-03 --to 2026-04-06 --json").stdout)
    assert [day["kind"] for day in document["days"]] == ["holiday", "weekend", "weekend", "holiday"]
    assert document["open_days"] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("workdays CN --from 2026-02-02 --to 2026-02-01", "--to 2026-02-01 lies before --from 2026-02-02"),
        ("workdays GB --from 2026-02-02 --to 2026-03-01", "GB-ENG"),
        ("workdays XX --from 2026-02-02 --to 2026-03-01", "XX"),
        ("workdays england --from 2026-01-01 --to 2040-01-01", "at most 3660 are listed"),
    ],
)
def test_workdays_refused(cli: Any, words: str, message: str) -> None:
    done = cli(words)
    assert done.exit_code == 1, done.output
    assert message in done.stderr


@pytest.mark.parametrize("kind", ["protocols", "regimens", "tissues", "clinics", "chemo"])
def test_lists_name_sources_and_flags(cli: Any, kind: str) -> None:
    document = json.loads(cli(f"list {kind} --json").stdout)
    assert (document["schema"], document["kind"]) == ("rtplan.list/1", kind)
    assert document["items"]
    assert '"verified"' in json.dumps(document["items"])
    assert '"known"' in json.dumps(document["items"])
    rows = list(csv.DictReader(io.StringIO(cli(f"list {kind} --csv").stdout)))
    assert [row["name"] for row in rows] == [item["name"] for item in document["items"]]
    assert all(any(f"[{flag}]" in row["sources"] for flag in KNOWN.values()) for row in rows)
    assert cli(f"list {kind}").exit_code == 0


def test_lists_show_site_prescription_and_how_it_is_known_at_80_columns(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for kind, texts in (
        ("regimens", ("Site", "Prescription", "Known", "45.6/38bid", "61.6 and", "head-and-neck", "listed only")),
        ("tissues", ("Known", "second-hand", "from a program")),
        ("chemo", ("Known", "tp-q3w+pd1-year")),
        ("protocols", ("Site", "Known", "west-china-low-dose-induction")),
    ):
        shown = cli(f"list {kind}").stdout
        assert all(len(line) <= 80 for line in shown.splitlines())
        assert all(text in shown for text in texts), kind


def test_regimens_are_listed_all_with_what_was_not_read(cli: Any) -> None:
    items = {item["name"]: item for item in json.loads(cli("list regimens --json").stdout)["items"]}
    assert list(items) == list(catalogue.load_regimens())
    assert items["kunlun"]["prescription"] is None
    assert "permitted range" in items["kunlun"]["not_for_calculation"]
    assert "fraction count" in items["shi-lcaf"]["unverified"]
    assert "not for calculation: the source gives a permitted range" in cli("list regimens --csv").stdout
