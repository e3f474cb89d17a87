"""Proof of the figures: their numbers end where the effect rows end; their SVG is inert, its own, and reproducible."""

from __future__ import annotations

import datetime as dt
import itertools
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
from rtplan.report.formats import bundle, drawing
from rtplan.report.formats.drawing import png, svg
from rtplan.report.language import Words, words

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


# --- what stands where ----------------------------------------------------------------------------------------------


Box = tuple[float, float, float, float]


def crowd(count: int, name: str) -> Figure:
    """Options at few places and near each other, as an interruption late in a course gives them."""
    points = [
        OptionPoint(
            label=f"{name}{k}", tumour_deficit_gy=(k * 7 % 11) / 3, late_excess_gy=k % 4, breaks_a_rule=k % 3 == 0
        )
        for k in range(count)
    ]
    return figures.options_figure(points)


def close_in_time(names: list[str]) -> Figure:
    """Regimens of nearly one overall time and dose, each with a loss to time."""
    (row, *_) = plan("45/25").effects
    rows = [
        replace(row, regimen=name, overall_treatment_time_days=33 + k % 3, net_bed_gy=49.0 + k * 0.7, time_loss_gy=4.0)
        for k, name in enumerate(names)
    ]
    return figures.bed_time_figure(rows)


LONG = "low-dose involved-field radiotherapy of the primary tumour and nodes, arm number "
CHINESE = "低剂量累及野放疗联合免疫化疗方案之"
DRAWN: dict[str, Callable[[], Figure]] = {
    **FIGURES,
    "course provisional": lambda: course_figure(plan(start="2090-03-06", chemo="pf-q4w")),
    "course in Chinese": lambda: course_figure(plan("41.4/23+27/18bid"), told=words("zh_CN")),
    "course against a missed one": lambda: course_figure(plan(), actual=plan(start="2026-02-04").course),
    "course of close ends": lambda: course_figure(
        plan("60/30", clinic="england", regions=("spinal cord=48Gy", "lung=50Gy", "heart=49Gy"))
    ),
    "a dozen options": lambda: crowd(12, "dose-longer-"),
    "fifty options": lambda: crowd(50, "weekend-2+dose-"),
    "long options": lambda: crowd(9, LONG),
    "Chinese options": lambda: crowd(9, CHINESE),
    "regimens of long names": lambda: regimens({LONG + str(k): f"{44 + k}/22" for k in range(5)}),
    "many regimens": lambda: regimens({f"arm {k}": f"{44 + k}/22" for k in range(14)}),
    "Chinese regimens": lambda: regimens({CHINESE + str(k): f"{44 + k}/22" for k in range(3)}),
    "close in time": lambda: close_in_time([f"arm-{k}" for k in range(10)]),
    "close in time, long": lambda: close_in_time([LONG + str(k) for k in range(6)]),
}


def written(drawn: Any) -> list[Any]:
    """Every text of a drawing that is seen: ticks outside of the axes are not."""
    found = [text for legend in drawn.legends for text in legend.get_texts()]
    for axes in drawn.axes:
        if axes.axison:
            found += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
            found += [tick.label1 for axis in (axes.xaxis, axes.yaxis) for tick in axis._update_ticks()]
        found += axes.texts
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def boxes_of(figure: Figure) -> tuple[dict[str, Box], list[Box], list[Box]]:
    """Texts, markers and lines of the drawn figure, all inside of it. [pixels]"""
    from matplotlib.text import Text

    with drawing._settings(figure, words("zh_CN")):
        drawn: Any = drawing._draw(figure, words("zh_CN"))
        drawn.draw_without_rendering()
        texts: dict[str, Box] = {}
        for k, text in enumerate(written(drawn)):
            (left, low), (right, high) = Text.get_window_extent(text).get_points()
            texts[f"{k} {text.get_text()}"] = (left, low, right, high)
        drawn_lines = [line for axes in drawn.axes for line in axes.lines]
        markers, lines = [], []
        for line in drawn_lines:
            spots = [(float(x), float(y)) for x, y in line.get_transform().transform(line.get_xydata())]
            half = line.get_markersize() * drawn.dpi / 144
            if line.get_marker() not in ("None", "none", "", None):
                every = line.get_markevery()
                chosen = spots if every is None else [spots[k] for k in every]
                markers += [(x - half, y - half, x + half, y + half) for x, y in chosen]
            if line.get_drawstyle() == "steps-post":
                corners = [(after[0], before[1]) for before, after in itertools.pairwise(spots)]
                spots = [spots[0], *(spot for pair in zip(corners, spots[1:], strict=True) for spot in pair)]
            if line.get_linestyle() not in ("None", "none", ""):
                lines += [box for pair in itertools.pairwise(spots) for box in drawing._along(*pair)]
        width, height = drawn.bbox.width, drawn.bbox.height
    for name, (left, low, right, high) in texts.items():
        assert min(left, low) >= -1, name
        assert right <= width + 1, name
        assert high <= height + 1, name
    return texts, markers, lines


def cover(one: Box, other: Box) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > 0.5 and min(one[3], other[3]) - max(one[1], other[1]) > 0.5


@pytest.mark.parametrize("name", DRAWN)
def test_no_text_lies_on_a_text_a_marker_or_a_line(name: str) -> None:
    texts, markers, lines = boxes_of(DRAWN[name]())
    assert len(texts) > 4
    for (one, box), (other, second) in itertools.combinations(texts.items(), 2):
        assert not cover(box, second), (one, other)
    if name == "start_strip":
        return  # its dots stand in the corners of the numbered days
    for text, box in texts.items():
        assert not [mark for mark in markers if cover(box, mark)], text
        assert not [line for line in lines if cover(box, line)], text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("course", ["closed weekend", "closure or holiday", "day 1 of a chemotherapy cycle", "prescribed reference"]),
        ("regimens", ["first regimen", "value of the first regimen", "ends of the published intervals", "EQD2 [Gy]"]),
        ("bed_time", ["BED without the time factor", "net BED", "loss to time", "overall time [d]", "BED [Gy]"]),
        ("options", ["option", "breaks a rule", "no other beats it in both", "late excess, BED [Gy]"]),
        ("start_strip", ["no possible start", "best start", "depends on holidays not announced", "day of the month"]),
    ],
)
def test_signs_and_axes_are_explained_in_the_figure_itself(name: str, told: list[str]) -> None:
    shown = texts(svg(FIGURES[name]()))
    assert all(text in shown for text in told), shown
    assert all(words("zh_CN").catalogue.get(text) for text in told if text != "EQD2 [Gy]" and text != "BED [Gy]")


def test_all_forms_are_of_one_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    draw = drawing._draw
    drawing._drawn.cache_clear()

    def counted(figure: Figure, told: Words) -> Any:
        calls.append(figure.name)
        return draw(figure, told)

    monkeypatch.setattr(drawing, "_draw", counted)
    bundle.files(plan(), ["html", "png"])
    assert calls == ["course"]
    alone = png(course_figure(plan()))
    drawing._drawn.cache_clear()
    assert png(course_figure(plan())) == alone  # and the order of the forms changes none


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
        ("regimens", ["45/25", "60/30", "EQD2 [Gy]"]),
        ("bed_time", ["45/25", "64.8/36", "overall time [d]"]),
        (
            "options",
            ["append", "weekend-1", "no other beats it in both", "breaks a rule", "tumour deficit, net BED [Gy]"],
        ),
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
