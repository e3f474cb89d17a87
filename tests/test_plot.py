"""Proof of the figures: their numbers end where the effect rows end; their SVG is inert, its own, and reproducible."""

from __future__ import annotations

import datetime as dt
import math
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factory import plan
from hypothesis import given
from hypothesis import strategies as st

from rtplan.errors import DomainError
from rtplan.planning.plan import Plan
from rtplan.radiobiology.effect import evaluate, net_bed_by_day
from rtplan.report import figures
from rtplan.report.blocks import Figure
from rtplan.report.figures import OptionPoint, StartDay, course_figure, pareto
from rtplan.report.formats.drawing import png, svg

SVG = "{http://www.w3.org/2000/svg}"


def regimens(names: dict[str, str] | None = None) -> Figure:
    made = [(name, plan(text)) for name, text in (names or {"45/25": "45/25", "60/30": "60/30"}).items()]
    rows = [replace(row, regimen=name) for name, one in made for row in one.effects]
    return figures.regimens_figure([*rows, replace(rows[0], net_eqd2_gy=40.0, variant="low α/β 5 Gy")])


def bed_time() -> Figure:
    return figures.bed_time_figure([row for text in ("45/25", "60/30", "64.8/36") for row in plan(text).effects])


def options(label: str = "weekend-1") -> Figure:
    points = [
        OptionPoint(label="append", tumour_deficit_gy=2.7, late_excess_gy=0.0),
        OptionPoint(label=label, tumour_deficit_gy=0.0, late_excess_gy=0.2),
        OptionPoint(label="bid-1", tumour_deficit_gy=1.0, late_excess_gy=0.3),
        OptionPoint(label="dose-9", tumour_deficit_gy=0.0, late_excess_gy=0.0, breaks_a_rule=True),
    ]
    return figures.options_figure(points)


def strip() -> Figure:
    first = dt.date(2026, 2, 20)
    days = [first + dt.timedelta(days=k) for k in range(20)]
    return figures.start_strip_figure(
        [
            StartDay(
                date=day,
                overall_treatment_time_days=None if day.weekday() > 4 else 33 + day.weekday(),
                provisional=day.day == 3,
                best=day.day == 2,
            )
            for day in days
        ]
    )


FIGURES: dict[str, Callable[[], Figure]] = {
    "course": lambda: course_figure(plan()),
    "regimens": regimens,
    "bed_time": bed_time,
    "options": options,
    "start_strip": strip,
}


def texts(drawn: str) -> list[str]:
    return ["".join(node.itertext()).strip() for node in ET.fromstring(drawn).iter(f"{SVG}text")]


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    [plan(), plan("41.4/23 + 27/18 bid"), plan("70/35", clinic="england")],
    ids=["45/25", "late course accelerated", "70/35"],
)
def test_bed_by_day_ends_at_the_rows_and_rises_only_on_treated_days(made: Plan) -> None:
    for region, row in zip(made.inputs.regions, made.effects, strict=True):
        days, values = net_bed_by_day(made.course, region)
        assert days[0] == made.course.first
        assert days[-1] == made.course.last
        assert math.isclose(values[-1], row.net_bed_gy, rel_tol=1e-12)
        risen = {day for day, before, after in zip(days[1:], values, values[1:], strict=False) if after > before}
        assert risen <= set(made.course.dates)


def test_a_gap_past_the_kick_off_day_takes_bed_away_day_by_day() -> None:
    """45/25 from 2026-02-02: T = 39 on Friday 2026-03-13, then two days lose K = 0.9 Gy each."""
    made = plan()
    days, values = net_bed_by_day(made.course, made.inputs.regions[0])
    by_day = dict(zip(days, values, strict=True))
    assert math.isclose(by_day[dt.date(2026, 3, 13)], 24 * 1.8 * 1.18 - 0.9 * 11, rel_tol=1e-12)
    lost = by_day[dt.date(2026, 3, 13)] - by_day[dt.date(2026, 3, 15)]
    assert math.isclose(lost, 1.8, rel_tol=1e-9)


def test_course_figure_holds_plan_and_reference() -> None:
    made = plan()
    data = course_figure(made).data
    assert [(name, days[-1], doses[-1]) for name, days, doses in data["doses"]] == [
        ("prescribed reference", dt.date(2026, 3, 6), 45.0),
        ("plan", dt.date(2026, 3, 16), 45.0),
    ]
    assert data["cycles"] == [(cycle.date, f"C{cycle.number}D1") for cycle in made.cycles]
    closures = [
        (run["first"].isoformat(), run["last"].isoformat()) for run in data["closed"] if run["kind"] == "closure"
    ]
    assert closures == [
        ("2026-02-14", "2026-02-23"),
        ("2026-02-28", "2026-02-28"),
    ]


def test_course_figure_of_an_interrupted_course_sets_it_against_the_plan() -> None:
    made = plan("45/25", clinic="england", start="2026-01-05")
    late = [replace(f, date=f.date + dt.timedelta(days=7 if f.number > 10 else 0)) for f in made.course.fractions]
    actual = replace(made.course, fractions=tuple(late))
    figure = course_figure(made, actual=actual, label="with a missed week")
    assert [name for name, _, _ in figure.data["doses"]] == ["plan", "with a missed week"]
    (row,) = evaluate(actual, made.inputs.regions[:1])
    line = next(line for line in figure.data["beds"] if line["track"] == "with a missed week")
    assert math.isclose(line["gy"][-1], row.net_bed_gy, rel_tol=1e-12)
    assert "with a missed week" in texts(svg(figure))


def test_options_that_break_a_rule_make_no_front_unless_all_do() -> None:
    assert options().data["front"] == [(0.0, 0.2), (2.7, 0.0)]
    broken = [OptionPoint(label="x", tumour_deficit_gy=1.0, late_excess_gy=2.0, breaks_a_rule=True)]
    assert figures.options_figure(broken).data["front"] == [(1.0, 2.0)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_the_front_is_what_no_other_beats(points: list[tuple[int, int]]) -> None:
    front = pareto(points)
    for point in points:
        beaten = any(o != point and o[0] <= point[0] and o[1] <= point[1] for o in points)
        assert (point in front) is not beaten
    assert front == sorted(set(front))


# --- drawings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_svg_stands_in_a_page(name: str) -> None:
    drawn = svg(FIGURES[name]())
    assert drawn.startswith("<svg")
    root = ET.fromstring(drawn)
    assert root.tag == f"{SVG}svg"
    assert "viewBox" in root.attrib
    assert "width" not in root.attrib
    assert not re.search(r"<\?xml|<!DOCTYPE|<!--|<script|<metadata|https?://(?!www\.w3\.org/)", drawn)
    ids = [node.attrib["id"] for node in root.iter() if "id" in node.attrib]
    assert len(ids) == len(set(ids))
    assert all(one.startswith(f"{name}-") for one in ids)
    used = {match.strip('"') for match in re.findall(r'(?:href="#|url\(#)([^")]+)', drawn)}
    assert used <= set(ids)


def test_two_figures_of_one_name_share_no_id() -> None:
    drawn = [svg(course_figure(plan(start=day))) for day in ("2026-02-02", "2026-04-13")]
    first, second = ({n.attrib["id"] for n in ET.fromstring(d).iter() if "id" in n.attrib} for d in drawn)
    assert not first & second


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("course", ["cumulative dose [Gy]", "plan", "prescribed reference", "C2D1", "closure or holiday", "9 Feb"]),
        ("regimens", ["45/25", "60/30", "[Gy]"]),
        ("bed_time", ["45/25", "64.8/36", "overall time [d]"]),
        ("options", ["append", "weekend-1", "unbeaten", "breaks a rule", "tumour deficit, net BED [Gy]"]),
        ("start_strip", ["Feb 2026", "Mar 2026", "33", "overall time [d], 33 (light) to 37 (dark)"]),
    ],
)
def test_text_stays_text(name: str, expected: list[str]) -> None:
    found = texts(svg(FIGURES[name]()))
    assert [text for text in expected if text not in found] == []


@pytest.mark.parametrize("name", FIGURES)
def test_png_is_one_and_as_wide_as_a4_print_wants(name: str) -> None:
    content = png(FIGURES[name]())
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert width == 1080
    assert 150 <= height <= 1600
    assert b"tIME" not in content
    assert b"Software" not in content


HOSTILE = ["<script>alert(1)</script>", '"><img src=x>', "$\\frac$", "_hidden", "a\x00\x07b\nc", "%(x)s {y} &amp;", ""]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_are_drawn_as_they_are(text: str) -> None:
    shown = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    for figure in (options(text), regimens({text: "45/25"})):
        drawn = svg(figure)
        assert "<script" not in drawn
        assert "<img" not in drawn
        assert shown in texts(drawn) or not shown
        assert png(figure)


def test_chinese_labels(recwarn: pytest.WarningsRecorder) -> None:
    figure = options("周末一次")
    assert "周末一次" in texts(svg(figure))
    assert "Noto Sans CJK SC" in svg(figure)
    assert png(figure)
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_the_machines_own_settings_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib as mpl

    expected = svg(options())
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 20, "svg.fonttype": "path", "axes.grid": True}):
        assert svg(options()) == expected
        assert mpl.rcParams["font.size"] == 20


def test_unknown_figures_are_refused() -> None:
    with pytest.raises(DomainError, match=r"course, regimens.*none called 'pie'"):
        svg(Figure(name="pie", caption="", alternative=""))


@pytest.mark.parametrize("name", ["regimens", "bed_time", "options", "start_strip"])
def test_empty_figures_draw(name: str) -> None:
    empty: dict[str, Any] = {"panels": [], "points": [], "front": [], "days": []}
    assert svg(Figure(name=name, caption="", alternative="", data=empty))


def test_the_same_svg_in_any_locale_zone_and_hash_seed() -> None:
    program = "import sys, test_plot as t; sys.stdout.write(t.svg(t.course_figure(t.plan())) + t.svg(t.options()))"
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    done = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **around, "PYTHONPATH": places, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout
        for around in (
            {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
            {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242"},
        )
    ]
    assert done[0] == done[1]
    assert b"<svg" in done[0]
