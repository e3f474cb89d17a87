"""Proof by example: what a clinic adds to its country's days, and the traps of holiday calendars."""

import datetime as dt
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import holidays
import pytest

from rtplan.clinic.calendar import build, with_matched
from rtplan.clinic.clinic import Clinic, Days, Machine, Notice, ServiceDay, Span, parse_week, with_week
from rtplan.clinic.days import Calendar
from rtplan.clinic.holidays import assumed, country_clinic, working_week
from rtplan.errors import ConfigError, DomainError, ScheduleError
from rtplan.library import catalogue
from rtplan.note import Source
from rtplan.report.sentences import phrase

D = dt.date.fromisoformat
SOURCE = Source(text="test", verified=False)


def clinic(country: str = "CN", **options: Any) -> Clinic:
    given: dict[str, Any] = {"name": "test", "label": "Test", "country": country, "time_zone": "UTC", "source": SOURCE}
    return Clinic(**(given | options))


def days_of(found: Clinic, first: str = "2026-01-01", last: str = "2026-12-31", **options: Any) -> Calendar:
    return build(found, D(first), D(last), **options)


def span(first: str, last: str | None = None) -> Span:
    return Span(first=D(first), last=D(last) if last else None, reason="because")


def kind(calendar: Calendar, day: str) -> tuple[bool, str]:
    reason = calendar.reason(D(day))
    return reason.open, reason.kind


# --- the traps ------------------------------------------------------------------------------------------------------


def test_worked_weekends_survive() -> None:
    """Adding two calendars of the library loses them; ours keep them, closed days of their own kind until used."""
    found = clinic(days=Days(closures=(span("2026-03-11"),)))
    assert kind(days_of(found), "2026-02-14") == (False, "worked weekend")
    assert kind(days_of(found, worked_weekends=True), "2026-02-14") == (True, "worked weekend")


def test_years_are_expanded_at_once() -> None:
    """Lazily expanded years change under iteration: one long calendar says the same as many short ones."""
    whole = days_of(clinic(), "2024-01-01", "2026-12-31")
    for year in (2024, 2025, 2026):
        part = days_of(clinic(), f"{year}-01-01", f"{year}-12-31")
        assert all(whole.reason(day) == reason for day, reason in part.days(part.first, part.last))


def test_a_substitute_day_of_the_year_before_is_known() -> None:
    """1 January 2026 opens a year; days of late 2025 are not lost when the calendar begins in it."""
    assert kind(days_of(clinic(), "2025-12-31", "2026-01-05"), "2026-01-02") == (False, "holiday")


def test_names_do_not_follow_the_locale_of_the_process() -> None:
    program = (
        "from rtplan.clinic.calendar import build\n"
        "from rtplan.clinic.holidays import country_clinic\n"
        "import datetime as dt\n"
        "d = build(country_clinic('CN'), dt.date(2026, 1, 1), dt.date(2026, 12, 31))\n"
        "print([r.text for _, r in d.days(d.first, d.last) if r.kind == 'holiday'])\n"
    )
    answers = set()
    for language in ("C", "de_DE.UTF-8", "zh_CN.UTF-8"):
        environment = {"LANG": language, "LC_ALL": language, "LANGUAGE": language, "PATH": "", "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=Path(__file__).resolve().parent.parent,
        )
        answers.add(done.stdout)
    assert len(answers) == 1
    assert "Chinese New Year" in answers.pop()


def test_great_britain_needs_a_subdivision() -> None:
    with pytest.raises(DomainError, match="no Easter Monday without a subdivision: use GB-ENG"):
        days_of(clinic("GB"))
    assert kind(days_of(clinic("GB", subdivision="ENG")), "2026-04-06") == (False, "holiday")
    assert kind(days_of(clinic("GB", subdivision="SCT")), "2026-04-06") == (True, "workday")


def test_unannounced_years_of_china_are_flagged() -> None:
    """A calendar past every notice, ours and the library's: its last years are guesses, and say so."""
    calendar = days_of(clinic(), "2026-01-01", "2099-12-31")
    through = calendar.official_through
    assert through is not None
    assert (through.month, through.day) == (12, 28)
    assert not calendar.reason(through).provisional
    assert calendar.reason(through + dt.timedelta(days=1)).provisional
    assert all(reason.provisional for _, reason in calendar.days(D("2090-01-01"), D("2090-12-31")))


def statutory(year: int) -> tuple[Span, ...]:
    """The holidays of a year that the law names, without the days that notices move."""
    table = holidays.country_holidays("CN", years=[year], language="en_US", expand=False)
    named = [(day, name) for day, name in sorted(table.items()) if "observed" not in name and "substituted" not in name]
    return tuple(Span(first=day, reason=name) for day, name in named)


def test_a_notice_that_leaves_out_a_holiday_is_refused() -> None:
    """A notice of New Year alone would open the National Day as an announced workday."""
    year = 2099
    short = Notice(year=year, closed=(Span(first=dt.date(year, 1, 1), reason="New Year"),), source=SOURCE)
    with pytest.raises(DomainError, match=f"notice for {year} leaves out {year}-01-20 .*: it decides the whole year"):
        days_of(clinic(notices=(short,)), f"{year}-01-01", f"{year}-12-31")


def test_a_notice_newer_than_the_library_decides_its_year() -> None:
    calendar = days_of(clinic(), "2026-01-01", "2099-12-31")
    assert calendar.official_through is not None
    year = calendar.official_through.year + 1
    source = Source(text="notice of the State Council Office", verified=True)
    saturday = next(
        D(f"{year}-06-01") + dt.timedelta(days=i)
        for i in range(7)
        if (D(f"{year}-06-01") + dt.timedelta(days=i)).weekday() == 5
    )
    newer = Notice(
        year=year,
        closed=(*statutory(year), Span(first=D(f"{year - 1}-12-31"), last=D(f"{year}-01-02"), reason="New Year")),
        worked_weekends=(saturday,),
        source=source,
    )
    announced = days_of(clinic(notices=(newer,)), f"{year - 1}-01-01", f"{year + 1}-12-31")
    assert announced.official_through == dt.date(year, 12, 28)
    assert kind(announced, f"{year - 1}-12-31") == (False, "holiday")
    guessed = [
        day for day, reason in calendar.days(D(f"{year}-01-03"), D(f"{year}-12-28")) if "observed" in reason.text
    ]
    assert guessed
    assert all(kind(announced, day.isoformat())[1] in ("workday", "weekend", "worked weekend") for day in guessed)
    assert kind(announced, saturday.isoformat()) == (False, "worked weekend")
    assert announced.reason(D(f"{year + 1}-03-01")).provisional
    assert any("notice of the State Council Office (read in its source)" in source for source in announced.sources)


def test_a_notice_that_skips_a_year_announces_nothing_before_it() -> None:
    calendar = days_of(clinic(), "2026-01-01", "2099-12-31")
    assert calendar.official_through is not None
    year = calendar.official_through.year + 2
    later = days_of(
        clinic(notices=(Notice(year=year, closed=statutory(year), source=SOURCE),)), "2026-01-01", "2099-12-31"
    )
    assert later.official_through == calendar.official_through


def test_estimated_holidays_elsewhere_are_provisional() -> None:
    calendar = days_of(clinic("AE"), "2030-01-01", "2030-12-31")
    holidays = [reason for _, reason in calendar.days(calendar.first, calendar.last) if reason.kind == "holiday"]
    assert {reason.provisional for reason in holidays} == {True, False}
    assert all(reason.provisional == ("estimated" in reason.text) for reason in holidays)


@pytest.mark.parametrize(("country", "named"), [("XX", "'XX' is not known"), ("Narnia", "'Narnia' is not known")])
def test_unknown_countries_are_refused(country: str, named: str) -> None:
    with pytest.raises(DomainError, match=named):
        days_of(clinic(country))


def test_an_unknown_subdivision_lists_the_known_ones() -> None:
    with pytest.raises(DomainError, match="subdivision 'ZZ' of DE is not known; known: BB, BE"):
        days_of(clinic("DE", subdivision="ZZ"))


def test_years_past_the_library_are_refused() -> None:
    with pytest.raises(ScheduleError, match="reaches past the holiday calendar of CN"):
        days_of(clinic(), "2099-01-01", "2101-12-31")


# --- country codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "week", "zone"),
    [
        ("CN", "mon-fri", "UTC"),
        ("GB-ENG", "mon-fri", "Europe/London"),
        ("JP", "mon-fri", "Asia/Tokyo"),
        ("IL", "sun-thu", "Asia/Jerusalem"),
        ("AE", "mon-fri", "Asia/Dubai"),
        ("HK", "mon-sat", "Asia/Hong_Kong"),
        ("IR", "sat-thu", "Asia/Tehran"),
        ("DE-BY", "mon-fri", "Europe/Berlin"),
        ("US", "mon-fri", "UTC"),
    ],
)
def test_what_a_country_code_stands_for(code: str, week: str, zone: str) -> None:
    found = country_clinic(code)
    assert set(working_week(found)) == set(parse_week(week))
    assert found.time_zone == zone
    text = phrase(assumed(found))
    assert ", ".join(working_week(found)) in text
    assert ("its time zone is not known" in text) is (zone == "UTC")


def test_a_country_with_subdivisions_says_that_only_national_holidays_are_known() -> None:
    assert "only national holidays are known: DE has" in phrase(assumed(country_clinic("DE")))
    assert "only national holidays" not in phrase(assumed(country_clinic("DE-BY")))
    assert assumed(catalogue.load_clinic("west-china")) == ()


@pytest.mark.parametrize("code", ["CN", "US", "AE", "IL", "JP", "DE-BY", "HK"])
def test_five_a_week_are_five_a_week_everywhere(code: str, cli: Any) -> None:
    """25 fractions from a first day of the week, without closures, take 33 days in any country."""
    import json

    document = json.loads(cli(f"plan 45/25 --clinic {code} --start 2026-02-02 --json").stdout)
    assert document["overall_treatment_time_days"] - document["prolongation_days"] in (33, 35)
    assert len(document["inputs"]["prescription"]["phases"][0]["pattern"]["weekdays"]) == 5


@pytest.mark.parametrize("week", ["", "--week sat-thu", "--week sat-wed"])
def test_five_a_week_of_a_six_day_week_begin_after_the_day_of_rest(week: str, cli: Any) -> None:
    """Iran works Saturday to Thursday; five a week are Saturday to Wednesday there, and the plan says so (V13)."""
    import json

    document = json.loads(cli(f"plan 45/25 --clinic IR {week} --start 2026-06-06 --json").stdout)
    days = {dt.date.fromisoformat(entry["date"]).weekday() for entry in document["fractions"]}
    assert days == {5, 6, 0, 1, 2}
    assert "mon, tue, wed, sat, sun" in next(
        n["message"] for n in document["notes"] if n["code"] == "week-of-the-clinic"
    )


@pytest.mark.parametrize(("pattern", "code"), [("7/week", "IR"), ("7/week", "HK"), ("7/week", "AE"), ("6/week", "SA")])
def test_a_refused_week_never_proposes_the_day_of_rest(pattern: str, code: str, cli: Any) -> None:
    refused = cli("plan", f"45/25 {pattern}", "--clinic", code, "--start", "2026-06-08")
    assert refused.exit_code == 1
    assert "never works on" in refused.stderr
    assert "--week" not in refused.stderr
    assert "it works on mon" in refused.stderr


def test_six_a_week_are_the_six_days_of_a_six_day_week(cli: Any) -> None:
    import json

    document = json.loads(cli("plan", "45/25 6/week", "--clinic", "IR", "--start", "2026-06-06", "--json").stdout)
    days = {dt.date.fromisoformat(entry["date"]).weekday() for entry in document["fractions"]}
    assert days == {5, 6, 0, 1, 2, 3}


def test_six_a_week_need_a_clinic_that_works_on_saturdays(cli: Any) -> None:
    refused = cli("plan", "45/25 6/week", "--clinic", "CN", "--start", "2026-03-02")
    assert refused.exit_code == 1
    assert "--week mon,tue,wed,thu,fri,sat" in refused.stderr
    done = cli("plan", "45/25 6/week", "--clinic", "CN", "--start", "2026-03-02", "--week", "mon-sat", "--json")
    assert '"overall_treatment_time_days": 29' in done.stdout


def test_comparisons_keep_the_clinics_week_too(cli: Any) -> None:
    import json

    answer = json.loads(cli("compare 45/25 50/25 --start 2026-02-01 --clinic IL --json").stdout)
    assert {row["overall_treatment_time_days"] for row in answer["rows"]} == {33}
    assert cli("compare 45/25 --week mon-sat").exit_code == 2


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-sat", ("mon", "tue", "wed", "thu", "fri", "sat")),
        ("sun-thu", ("mon", "tue", "wed", "thu", "sun")),
        ("Mon, Wed,fri".replace(" ", ""), ("mon", "wed", "fri")),
        ("tue-tue", ("tue",)),
    ],
)
def test_weeks_are_read(text: str, days: tuple[str, ...]) -> None:
    assert parse_week(text) == days
    assert with_week(clinic(), text).days.week == days


@pytest.mark.parametrize("text", ["", "mon-", "monday", "mon-fun", "mon;tue", "5"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match="week takes weekdays such as mon-sat"):
        parse_week(text)


# --- the clinic's own days ------------------------------------------------------------------------------------------


def test_closures_extra_days_treated_holidays() -> None:
    found = clinic(
        days=Days(
            closures=(span("2026-03-11", "2026-03-12"),),
            extra_open=(span("2026-03-28"),),
            treated_holidays=(span("2026-05-04"), span("2026-05-13")),
        )
    )
    calendar = days_of(found)
    assert kind(calendar, "2026-03-12") == (False, "closure")
    assert kind(calendar, "2026-03-13") == (True, "workday")
    assert kind(calendar, "2026-03-28") == (True, "extra")
    assert kind(calendar, "2026-05-04") == (True, "treated holiday")
    assert kind(calendar, "2026-05-13") == (True, "workday")  # no holiday: nothing to treat against
    assert kind(calendar, "2026-05-05") == (False, "holiday")


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=2WE", ["2026-01-14", "2026-02-11", "2026-03-11", "2026-04-08"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH;COUNT=3", ["2026-01-01", "2026-01-15", "2026-01-29"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20260115", ["2026-01-01", "2026-01-08", "2026-01-15"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-01-31", "2026-03-31"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", ["2026-02-28"]),
    ],
)
def test_service_days_by_rule(rule: str, days: list[str]) -> None:
    service = ServiceDay(rule=rule, first=D("2026-01-01"), reason="service")
    assert sorted(day.isoformat() for day in service.days(D("2026-01-01"), D("2026-04-30"))) == days


def test_a_29th_of_february_comes_every_four_years() -> None:
    service = ServiceDay(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", first=D("2025-01-01"), reason="service")
    assert service.days(D("2025-01-01"), D("2032-12-31")) == {D("2028-02-29"), D("2032-02-29")}


@pytest.mark.parametrize(
    "rule",
    [
        "every second Wednesday",
        "FREQ=HOURLY",
        "FREQ=DAILYX",
        "FREQ=MONTHLY;BYDAY=9XX",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=-1",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;UNTIL=20250101",
        "FREQ=DAILY;UNTIL=20260110T000000Z",
        "FREQ=DAILY;COUNT=2\nEXDATE:20260101",
        "",
    ],
)
def test_bad_rules_are_refused(rule: str) -> None:
    with pytest.raises(DomainError, match="rule"):
        ServiceDay(rule=rule, first=D("2026-01-01"), reason="service")


def test_days_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(DomainError, match="2026-03-11 is both in closures and in extra_open"):
        Days(closures=(span("2026-03-11"),), extra_open=(span("2026-03-10", "2026-03-12"),))
    service = ServiceDay(rule="FREQ=MONTHLY;BYDAY=2WE", first=D("2026-01-01"), reason="service")
    with pytest.raises(DomainError, match=r"2026-03-11 is both a service day \(FREQ=.* and in extra_open"):
        Days(service_days=(service,), extra_open=(span("2026-03-11"),))


@pytest.mark.parametrize(("own", "used", "opened"), [("no", True, False), ("yes", False, True)])
def test_an_infusion_unit_decides_on_worked_weekends_for_itself(own: Any, used: bool, opened: bool) -> None:
    """A unit open Monday to Thursday stays closed on worked weekends, whatever the clinic does or is asked about."""
    unit = Days(week=("mon", "tue", "wed", "thu"), worked_weekends=own)
    found = days_of(clinic(infusion=unit), days=unit, worked_weekends=used)
    assert found.is_open(D("2026-02-14")) is opened
    assert found.with_worked_weekends(used).is_open(D("2026-02-14")) is opened
    assert not found.is_open(D("2026-02-13"))
    as_clinic = replace(unit, worked_weekends="as the clinic")
    assert days_of(clinic(infusion=as_clinic), days=as_clinic, worked_weekends=used).is_open(D("2026-02-14")) is used


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"week": ("mon", "fun")}, "week takes"),
        ({"week": ("mon", "mon")}, "week names a day twice"),
        ({"week": ()}, "the unit would be open on no day"),
    ],
)
def test_weeks_that_mean_nothing_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(DomainError, match=named):
        Days(**options)


def test_a_clinic_open_on_no_day_is_refused() -> None:
    shut = clinic(days=Days(closures=(span("2026-01-01", "2026-12-31"),)))
    with pytest.raises(ScheduleError, match="Test is open on no day from 2026-01-01 to 2026-12-31"):
        days_of(shut)
    only = clinic(days=Days(week=(), extra_open=(span("2026-03-07"),)))
    assert [day for day, reason in days_of(only).days(D("2026-01-01"), D("2026-12-31")) if reason.open] == [
        D("2026-03-07")
    ]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"time_zone": "Mars/Olympus"}, "is not an IANA time zone"),
        ({"worked_weekends": "maybe"}, "worked_weekends takes unknown, yes, no"),
        ({"notices": (Notice(year=2027, closed=(), source=SOURCE),) * 2}, "notices names a year twice"),
        ({"machines": (Machine(name="B", days=Days()),) * 2}, "machines must have names of their own"),
    ],
)
def test_clinics_that_mean_nothing_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(DomainError, match=named):
        clinic(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"closed": (Span(first=D("2028-01-01"), reason="x"),)},
        {"closed": (), "worked_weekends": (D("2027-03-03"),)},
    ],
)
def test_notices_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        Notice(year=2027, source=SOURCE, **options)


# --- units and machines ---------------------------------------------------------------------------------------------

CLINIC_FILE = """
name = "mine"
label = "My clinic"
country = "CN"
time_zone = "Asia/Shanghai"
source = { text = "the department", verified = true }
worked_weekends = "yes"

[days]
closures = [{ first = 2026-03-11, last = 2026-03-12, reason = "linac exchange" }]
service_days = [{ rule = "FREQ=MONTHLY;BYDAY=4WE", first = 2026-01-01, reason = "service" }]

[infusion]
closures = [{ first = 2026-03-23, reason = "move of the unit" }]

[[machines]]
name = "linac B"
days = { closures = [{ first = 2026-03-12, reason = "service of B" }] }

[[machines]]
name = "linac C"
days = { week = ["mon", "tue", "wed", "thu", "fri", "sat"] }
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(CLINIC_FILE, encoding="utf-8")
    return str(path)


def test_a_clinic_with_all_it_can_say(file: str) -> None:
    found = catalogue.load_clinic(file)
    first, infusion = days_of(found), days_of(found, days=found.infusion, name="infusion")
    assert kind(first, "2026-03-11") == (False, "closure")
    assert kind(first, "2026-03-25") == (False, "service")
    assert kind(infusion, "2026-03-11") == (True, "workday")
    assert kind(infusion, "2026-03-23") == (False, "closure")
    assert kind(infusion, "2026-02-23") == (False, "holiday")


def test_a_matched_machine_opens_days_the_first_is_closed(file: str) -> None:
    found = catalogue.load_clinic(file)
    machines = [days_of(found, days=machine.days, name=machine.name) for machine in found.machines]
    matched = with_matched(days_of(found), machines)
    assert matched.reason(D("2026-03-11")).text == "on linac B; My clinic: linac exchange"
    assert matched.reason(D("2026-03-12")).text == "on linac C; My clinic: linac exchange"
    assert kind(matched, "2026-03-25") == (True, "extra")
    assert kind(matched, "2026-02-23") == (False, "holiday")  # closed for all
    assert kind(matched, "2026-03-14") == (False, "weekend")  # Saturdays of linac C are no day of the first


def test_plans_use_a_matched_machine_where_asked(file: str, cli: Any) -> None:
    import json

    words = ["plan", "45/25", "--clinic", file, "--start", "2026-03-02", "--json"]
    alone = json.loads(cli(*words).stdout)
    matched = json.loads(cli(*words, "--matched-machine").stdout)
    assert (alone["prolongation_days"], matched["prolongation_days"]) == (6, 0)
    assert "2026-03-11" in [fraction["date"] for fraction in matched["fractions"]]
    refused = cli("plan 45/25 --clinic west-china --start 2026-03-02 --matched-machine")
    assert "has no matched machine: name one in its file under [[machines]]" in refused.stderr


def test_cycles_follow_the_infusion_unit(file: str, cli: Any) -> None:
    import json

    words = ["plan", "45/25", "--clinic", file, "--chemo", "tp-q3w", "--json", "--start"]
    cycles = json.loads(cli(*words, "2026-03-02").stdout)["cycles"]
    assert [cycle["date"] for cycle in cycles[:2]] == ["2026-03-02", "2026-03-24"]
    moved = json.loads(cli(*words, "2026-03-23").stdout)
    assert moved["fractions"][0]["date"] == "2026-03-24"
    note = next(note for note in moved["notes"] if note["code"] == "start-moved")
    assert "the infusion unit is closed that day (move of the unit)" in note["message"]


def test_all_problems_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    text = CLINIC_FILE.replace("closures = [{ first = 2026-03-23", "closure = [{ first = 2026-03-23")
    path.write_text(text.replace("FREQ=MONTHLY", "OFTEN=MONTHLY").replace('"yes"', "true"), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        catalogue.load_clinic(str(path))
    problems = "\n".join(refused.value.problems)
    assert "infusion.closure is not a known key; did you mean 'closures'?" in problems
    assert "days.service_days[0]" in problems
    assert "worked_weekends" in problems
