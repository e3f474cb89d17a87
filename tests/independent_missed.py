"""A second calculation of `rtplan missed --json`, from the document alone. It never imports rtplan.

Everything is written out in plain sums over fractions: dates by walking the calendar day by day, BED by the linear
quadratic formula, repair by pairs of fractions of one day, loss to time by the first and the last date.
"""

import datetime as dt
import itertools
import math
from collections.abc import Iterator
from typing import Any

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FINE = 1e-6


def complaints(document: Any) -> Any:
    """What does not follow from the document's own dates and doses; empty when all is right."""
    return [text for option in document["options"] for text in _option(document, option)] + [
        *_given(document),
        *_prices(document),
        *_order(document),
    ]


def day(text: Any) -> Any:
    return dt.date.fromisoformat(text)


def reason(calendar: Any, date: Any) -> Any:
    place = (date - day(calendar["first"])).days
    return calendar["reasons"][calendar["codes"][place]]


# --- what was given ------------------------------------------------------------------------------------------------


def _given(document: Any) -> Iterator[Any]:
    """Nothing is given inside a span, the order is the prescription's, nothing is lost or counted twice."""
    status, prescription = document["status"], document["inputs"]["prescription"]
    given = status["delivered"]["fractions"]
    stated = _span_days(status)
    if any(day(fraction["date"]) in stated for fraction in given):
        yield "fractions are counted as given on days that are stated as missed"
    if any(day(fraction["date"]) > day(status["as_of"]) for fraction in given):
        yield "fractions are counted as given after the day of the question"
    found = {finding["code"] for finding in status["findings"]}
    block = 0
    blocks = {}
    for phase in prescription["phases"]:
        block += phase["concomitant_from"] is None  # a boost beside another phase goes with it
        blocks[phase["name"]] = block
    order = [blocks[fraction["phase"]] for fraction in given]
    if order != sorted(order) and not found & {"phase-differs", "partial", "goes-on"}:
        yield "a phase began before the one before it was complete"
    yield from _kept(status, given)
    yield from _worth(document, given)


def _kept(status: Any, given: Any) -> Iterator[Any]:
    """What was given and what is left are the plan, but for doses that are named as another than planned."""
    planned = status["planned"]["fractions"]
    for place, dose in enumerate(planned[0]["doses"]):
        sums = [math.fsum(f["doses"][place]["dose_gy"] for f in part) for part in (planned, given)]
        left = math.fsum(f["doses"][place]["dose_gy"] for f in status["remaining"]["fractions"])
        off = math.fsum(
            finding["values"]["dose_gy"] - finding["values"]["planned_gy"]
            for finding in status["findings"]
            if finding["code"] in ("dose-differs", "dose-above-planned") and place == 0
        )
        if place == 0 and abs(sums[0] - sums[1] - left + off) > 0.02 * (len(given) + 1):
            yield f"{dose['target']}: planned {sums[0]} Gy, given {sums[1]} Gy, left {left} Gy"


def _worth(document: Any, given: Any) -> Iterator[Any]:
    """What was given so far is worth what its own days and doses give."""
    told = document["status"]["delivered"]
    if not given:
        if told["effects"] or told["elapsed_days"] is not None:
            yield "nothing was given, and yet it is worth something"
        return
    prescription = document["inputs"]["prescription"]
    elapsed = (day(given[-1]["date"]) - day(given[0]["date"])).days
    yield from _same("delivered: T", told["elapsed_days"], elapsed)
    usual = {phase["name"]: phase["pattern"]["interval_h"] for phase in prescription["phases"]}
    for row, region in zip(told["effects"], document["inputs"]["regions"], strict=True):
        doses = region_doses(prescription, given, region)
        if not any(doses):
            continue
        bed, gain, loss, net = effect(region["tissue"], given, doses, usual)
        ratio = region["tissue"]["alpha_beta"]
        for key, value in (("bed_gy", bed), ("repair_gain_gy", gain), ("time_loss_gy", loss), ("net_bed_gy", net)):
            yield from _same(f"delivered: {region['name']}: {key}", row[key], value)
        yield from _same(f"delivered: {region['name']}: EQD2", row["eqd2_gy"], bed / (1 + 2 / ratio))


def _span_days(status: Any) -> set[dt.date]:
    """The days on which nothing is given, as stated."""
    days: set[dt.date] = set()
    for span in status["spans"]:
        if span["place"] is None:
            length = (day(span["last"]) - day(span["first"])).days + 1
            days |= {day(span["first"]) + dt.timedelta(days=step) for step in range(length)}
    return days


# --- one option ---------------------------------------------------------------------------------------------------


def _option(document: Any, option: Any) -> Iterator[Any]:
    name = option["id"]
    fractions = option["fractions"]
    dates = [day(fraction["date"]) for fraction in fractions]
    elapsed = (dates[-1] - dates[0]).days
    yield from _same(f"{name}: T", option["elapsed_days"], elapsed)
    yield from _same(f"{name}: overall time", option["overall_treatment_time_days"], elapsed + 1)
    reference = prescribed_dates(document["inputs"]["prescription"], dates[0])
    yield from _same(f"{name}: prolongation", option["prolongation_days"], elapsed - (reference[-1] - dates[0]).days)
    gap = max([(b - a).days - 1 for a, b in itertools.pairwise(sorted(set(dates)))], default=0)
    yield from _same(f"{name}: longest gap", option["longest_gap_days"], gap)
    if [fraction["number"] for fraction in fractions] != list(range(1, len(fractions) + 1)) or dates != sorted(dates):
        yield f"{name}: fractions out of order"
    yield from _past(document, option)
    yield from _future(document, option)
    yield from _doses(document, option)
    yield from _cumulative(option)
    for row, region in zip(option["effects"], document["inputs"]["regions"], strict=True):
        yield from _effect(document, name, fractions, row, region, option["interval_h"])
    yield from _excesses(document, option)
    yield from _hard_rules(document, option)


def _hard_rules(document: Any, option: Any) -> Iterator[Any]:
    """Rules that no offered option breaks, unless waived, or broken by the plan or by what is appended already."""
    if option["id"] in ("append", "restart"):
        return
    status, limits = document["status"], document["inputs"]["limits"]
    free = {*document["waived"], *limits["waivable"]}
    standing = [status["appended"]["fractions"], status["planned"]["fractions"]]
    fractions = option["fractions"]
    phases = {phase["name"]: phase for phase in document["inputs"]["prescription"]["phases"]}
    if "dense-week" not in free and _fullest(fractions) > max(
        limits["dense_week"], sum(_own_week(phase["pattern"]) for phase in phases.values()), *map(_fullest, standing)
    ):
        yield f"{option['id']}: {_fullest(fractions)} fractions in 7 days"
    if "spacing-short" not in free and _near(fractions, phases) > max(_near(some, phases) for some in standing):
        yield f"{option['id']}: treated days closer than the pattern has them"
    for step in option["doses"]:
        phase = phases[step["phase"]]
        total = next(total["dose_gy"] for total in phase["totals"] if total["target"] == step["target"])
        prescribed = total / phase["n_fractions"]
        stated = document["settings"]["max_dose_per_fraction_gy"]
        ceiling = max(limits["ceiling_gy"], limits["ceiling_share"] * prescribed) if stated is None else stated
        if "dose-per-fraction" not in free and step["dose_gy"] > max(ceiling, step["planned_gy"]) + FINE:
            yield f"{option['id']}: {step['dose_gy']} Gy is above {ceiling} Gy"
        changed = abs(step["dose_gy"] - step["planned_gy"]) > FINE
        if "large-fraction-changed" not in free and changed and prescribed > limits["no_change_above_gy"] + FINE:
            yield f"{option['id']}: fractions of {prescribed} Gy do not keep their dose"


def _fullest(fractions: Any) -> int:
    """Most fractions in any 7 days running."""
    dates: list[dt.date] = [day(fraction["date"]) for fraction in fractions]
    return max(sum(0 <= (other - date).days < 7 for other in dates) for date in dates)


def _own_week(pattern: Any) -> int:
    days = min(len(pattern["weekdays"]), pattern["days_a_week"] or -(-7 // _spacing(pattern)))
    return int(days * pattern["fractions_per_day"] + len(pattern["twice_daily_weekdays"]))


def _near(fractions: Any, phases: Any) -> int:
    """How often neighbouring treated days lie closer than their patterns have them."""
    firsts = list({fraction["date"]: fraction for fraction in reversed(fractions)}.values())[::-1]
    pairs = itertools.pairwise(firsts)
    spacing = {name: _spacing(phase["pattern"]) for name, phase in phases.items()}
    return sum((day(b["date"]) - day(a["date"])).days < min(spacing[a["phase"]], spacing[b["phase"]]) for a, b in pairs)


def _past(document: Any, option: Any) -> Iterator[Any]:
    """What was given stands first, as it was given."""
    given = document["status"]["delivered"]["fractions"]
    for theirs, ours in zip(option["fractions"], given, strict=False):
        for key in ("date", "phase", "start"):
            if theirs[key] != ours[key]:
                yield f"{option['id']}: the past moved: {key} {ours[key]} became {theirs[key]}"
        for a, b in zip(theirs["doses"], ours["doses"], strict=True):
            yield from _same(f"{option['id']}: delivered dose", a["dose_gy"], b["dose_gy"])
    flags = [fraction["delivered"] for fraction in option["fractions"]]
    if flags != [place < len(given) for place in range(len(flags))]:
        yield f"{option['id']}: delivered fractions are not the first {len(given)}"


def _future(document: Any, option: Any) -> Iterator[Any]:
    """The rest stands on the days that a walk through the calendar gives."""
    status = document["status"]
    given = len(status["delivered"]["fractions"])
    rest = [day(fraction["date"]) for fraction in option["fractions"][given:]]
    if option["id"] == "restart":
        return
    if option["id"].startswith("dose-") and option["id"].endswith("-end"):
        missed = {fraction["number"] for fraction in status["missed"]}
        kept = [
            day(fraction["date"])
            for fraction in status["planned"]["fractions"]
            if day(fraction["date"]) > day(status["as_of"]) and fraction["number"] not in missed
        ]
        if rest != kept:
            yield f"{option['id']}: does not stand on the planned days {kept[0]}..{kept[-1]}"
        return
    taken_over = {day(session["date"]) for session in option["sessions"]} & _on_machines(document)
    inside = [date for date in rest if date in _span_days(status) and date not in taken_over]
    if inside:
        yield f"{option['id']}: gives fractions on {inside[0]}, which is stated as missed"
    today = [date for date in rest if date == day(status["as_of"])]
    opened = {day(session["date"]) for session in option["sessions"]}
    if today and option["method"] != "remainder" and not set(today) <= opened:
        yield f"{option['id']}: gives fractions on the day of the question"
    walked = _walk(document, option, rest, today)
    found = [(fraction["phase"], day(fraction["date"])) for fraction in option["fractions"][given:]]
    if sorted(found[len(today) :]) != sorted(walked):
        yield f"{option['id']}: days {[str(d) for _, d in found]}, a walk gives {[str(d) for _, d in walked]}"


class Weeks:
    """Days treated in each week of the course, counted from its first: what a pattern of so many a week allows."""

    def __init__(self) -> None:
        self.first: dt.date | None = None
        self.last: dt.date | None = None
        self.spacing = 1
        self.days: dict[Any, int] = {}

    def too_soon(self, date: dt.date, pattern: Any) -> bool:
        if self.first is None or self.last is None:
            return False
        near = (date - self.last).days < min(self.spacing, _spacing(pattern))
        a_week = pattern["days_a_week"]
        return near or (a_week is not None and self.days.get(((date - self.first).days // 7, a_week), 0) >= a_week)

    def treat(self, date: dt.date, pattern: Any, counted: bool = True) -> None:
        self.first = self.first or date
        if date != self.last and (counted or date == self.first):
            key = (date - self.first).days // 7, pattern["days_a_week"]
            self.days[key] = self.days.get(key, 0) + 1
        self.last, self.spacing = date, _spacing(pattern)


def _spacing(pattern: Any) -> int:
    a_week = pattern["days_a_week"]
    return int(pattern["spacing_days"] or (7 // a_week if a_week else 1))


def _on_machines(document: Any) -> set[dt.date]:
    """Missed days on which a matched machine treats."""
    lost = {day(fraction["date"]) for fraction in document["status"]["missed"]}
    return {date for date in lost for other in document["inputs"]["machines"] if reason(other, date)["open"]}


def _sessions(document: Any, option: Any) -> dict[dt.date, int]:
    """Days with another number of fractions than their pattern's: opened ones, lost ones, and those of the option."""
    inputs, status = document["inputs"], document["status"]
    planned = [day(fraction["date"]) for fraction in status["planned"]["fractions"]]
    lost = [day(fraction["date"]) for fraction in status["missed"]]
    sessions = {day(opened["date"]): opened["fractions"] for opened in inputs["opened"]}
    for date in lost:
        sessions[date] = planned.count(date) - lost.count(date)
    sessions |= dict.fromkeys(_span_days(status), 0)
    sessions = {date: count for date, count in sessions.items() if date > day(status["as_of"])}
    return sessions | {day(opened["date"]): opened["fractions"] for opened in option["sessions"]}


def _walk(document: Any, option: Any, rest: Any, today: Any) -> list[tuple[str, dt.date]]:
    """Phase and day of everything that is left, laid day by day onto the calendar from the day after the question."""
    inputs, status = document["inputs"], document["status"]
    phases = inputs["prescription"]["phases"]
    given = [(f["phase"], day(f["date"])) for f in status["delivered"]["fractions"]]
    here = option["fractions"][len(given) :]
    given += [(f["phase"], day(f["date"])) for f in here[: len(today)]]
    left = [sum(f["phase"] == phase["name"] for f in here[len(today) :]) for phase in phases]
    start = day(status["as_of"]) + dt.timedelta(days=1)
    if not status["delivered"]["fractions"]:
        start = max(start, day(status["planned"]["fractions"][0]["date"]))
    boosts = {
        phase["name"]: _beside(document, phase, phases[place - 1], given, left, place)
        for place, phase in enumerate(phases)
        if phase["concomitant_from"] is not None
    }
    return lay(phases, given, left, start, inputs["calendar"], _sessions(document, option), boosts)


def _beside(document: Any, boost: Any, host: Any, given: Any, left: Any, place: int) -> int:
    """The host's fraction from which on its boost is due: the one beside which the next of the boost is owed."""
    since: int = boost["concomitant_from"]
    owed = [fraction["phase"] for fraction in document["status"]["remaining"]["fractions"]]
    before = sum(name == host["name"] for name, _ in given)
    if boost["name"] in owed:
        since = before + owed[: owed.index(boost["name"])].count(host["name"])
    count = sum(name == boost["name"] for name, _ in given) + left[place]
    return max(1, min(since, int(before + left[place - 1] - count + 1)))


def lay(
    phases: Any, given: Any, left: Any, start: dt.date, calendar: Any, sessions: Any, boosts: Any
) -> list[tuple[str, dt.date]]:
    """So many fractions of each phase on the days that its pattern, the calendar and the sessions give."""
    week = Weeks()
    for name, date in given:
        week.treat(date, next(phase["pattern"] for phase in phases if phase["name"] == name), date not in sessions)
    out: list[tuple[str, dt.date]] = []
    date = start
    for place, phase in enumerate(phases):
        if phase["concomitant_from"] is not None:
            continue
        boost = phases[place + 1] if place + 1 < len(phases) else None
        boost = boost if boost is not None and boost["concomitant_from"] is not None else None
        host_left, boost_left = left[place], left[place + 1] if boost else 0
        if not host_left and not boost_left:
            continue
        begun = sum(name == phase["name"] for name, _ in given)
        if not begun and week.last is not None:
            date = max(date, week.last + dt.timedelta(days=1 + phase["break_days"]))
            while phase["keep_together"] and not _together(phase, calendar, date):
                date += dt.timedelta(days=1)
        done = begun
        while host_left or boost_left:
            room = _room(phase["pattern"], calendar, date, sessions, week)
            extra = date in sessions
            due = bool(boost and boost_left and done + min(1, host_left) >= boosts[boost["name"]] and room)
            beside = int(due and (not extra or room > 1 or not host_left))
            treated = min(room - beside if extra else room, host_left)
            most = reason(calendar, date)["fractions"]
            if not extra and most is not None and treated + beside > most:
                beside = 0
            for name, count in ((phase["name"], treated), (boost["name"] if boost else "", beside)):
                out += [(name, date)] * count
            if treated or beside:
                week.treat(date, phase["pattern"], counted=not extra)
            done, host_left, boost_left = done + treated, host_left - treated, boost_left - beside
            date += dt.timedelta(days=1)
    return out


def _room(pattern: Any, calendar: Any, date: dt.date, sessions: Any, week: Weeks) -> int:
    """Fractions of this pattern that a day holds."""
    if date in sessions:
        return int(sessions[date])
    if not _treated(pattern, calendar, date) or week.too_soon(date, pattern):
        return 0
    most = reason(calendar, date)["fractions"]
    return usual(pattern, date) if most is None else min(usual(pattern, date), most)


def _treated(pattern: Any, calendar: Any, date: dt.date) -> bool:
    why = reason(calendar, date)
    outside = why["kind"] in ("worked weekend", "extra") and len(pattern["weekdays"]) >= 5
    return bool(why["open"] and (WEEK[date.weekday()] in pattern["weekdays"] or outside))


def _together(phase: Any, calendar: Any, date: dt.date) -> bool:
    left = phase["n_fractions"]
    while left > 0:
        if not _treated(phase["pattern"], calendar, date):
            return False
        left -= usual(phase["pattern"], date)
        date += dt.timedelta(days=1)
    return True


def usual(pattern: Any, date: dt.date) -> int:
    """Fractions of a treated day of this weekday."""
    return int(pattern["fractions_per_day"]) + (WEEK[date.weekday()] in pattern["twice_daily_weekdays"])


def _doses(document: Any, option: Any) -> Iterator[Any]:
    """What is to come is what was owed; changed doses are deliverable, and change everything from one day on."""
    given = len(document["status"]["delivered"]["fractions"])
    rest = option["fractions"][given:]
    since = document["settings"]["changed_dose_from"]
    if option["doses"]:
        allowed: dict[Any, Any] = {}
        for step in option["doses"]:
            allowed.setdefault((step["phase"], step["target"]), []).append(step["dose_gy"])
            if abs(step["dose_gy"] * 100 - round(step["dose_gy"] * 100)) > FINE:
                yield f"{option['id']}: {step['dose_gy']} Gy cannot be delivered at 0.01 Gy"
            owing = step["n_fractions"] * (step["exact_gy"] - step["dose_gy"])
            yield from _same(f"{option['id']}: remainder", step["remainder_gy"], owing)
            if abs(step["exact_gy"] - step["dose_gy"]) > 0.01 + FINE:
                yield f"{option['id']}: {step['dose_gy']} Gy is not {step['exact_gy']} Gy rounded"
        changed = [fraction for fraction in rest if fraction["date"] >= since]
        if option["method"] == "rest added to the next":
            changed = changed[:1]
        if option["method"].startswith("rest "):
            owed = math.fsum(item["dose_gy"] for item in document["status"]["remaining"]["fractions"])
            come = math.fsum(item["dose_gy"] for item in rest)
            off = math.fsum(step["remainder_gy"] for step in option["doses"] if step["target"] == _first(document))
            yield from _same(f"{option['id']}: dose to come", come, owed - off)
        touched = {step["target"] for step in option["doses"]} if option["method"].startswith("rest ") else None
        yield from _same(
            f"{option['id']}: changed fractions",
            sum(step["n_fractions"] for step in option["doses"]),
            sum(
                dose["dose_gy"] > 0 and (touched is None or dose["target"] in touched)
                for fraction in changed
                for dose in fraction["doses"]
            ),
        )
        for fraction in changed:
            for dose in fraction["doses"]:
                if option["method"].startswith("rest ") and (fraction["phase"], dose["target"]) not in allowed:
                    continue  # the rest is owed to another target
                if dose["dose_gy"] > 0 and dose["dose_gy"] not in allowed[fraction["phase"], dose["target"]]:
                    yield f"{option['id']}: {dose['dose_gy']} Gy is not among its doses"
        return
    if option["id"] == "restart":
        return
    due = sorted(round(item["dose_gy"], 9) for item in document["status"]["remaining"]["fractions"])
    if option["method"] == "rest never given":
        for partial in document["status"]["partial"]:
            due.remove(round(partial["owed"]["dose_gy"], 9))
    if option["method"] == "left out":
        due = due[int(option["id"].rpartition("-")[2]) :]
    left_doses = sorted(round(item["dose_gy"], 9) for item in rest)
    extra = list(left_doses)
    for dose in due:
        if dose not in extra:
            yield f"{option['id']}: {dose} Gy that was owed is lost"
            continue
        extra.remove(dose)
    yield from _same(f"{option['id']}: added fractions", option["added_fractions"], len(extra))


def _first(document: Any) -> Any:
    """The target that doses speak of where none is named."""
    return document["inputs"]["prescription"]["phases"][0]["totals"][0]["target"]


def _cumulative(option: Any) -> Iterator[Any]:
    sums: dict[Any, Any] = {}
    for fraction in option["fractions"]:
        for dose in fraction["doses"]:
            sums[dose["target"]] = sums.get(dose["target"], 0.0) + dose["dose_gy"]
            yield from _same(f"{option['id']}: cumulative", dose["cumulative_dose_gy"], sums[dose["target"]])


# --- effects ------------------------------------------------------------------------------------------------------


def _effect(document: Any, name: Any, fractions: Any, row: Any, region: Any, interval_h: Any) -> Iterator[Any]:
    prescription = document["inputs"]["prescription"]
    label = f"{name}: {region['name']}"
    doses = region_doses(prescription, fractions, region)
    tissue = region["tissue"]
    bed, gain, loss, net = effect(tissue, fractions, doses, interval_h)
    yield from _same(f"{label}: BED", row["bed_gy"], bed)
    yield from _same(f"{label}: repair", row["repair_gain_gy"], gain)
    yield from _same(f"{label}: time", row["time_loss_gy"], loss)
    yield from _same(f"{label}: net BED", row["net_bed_gy"], net)
    yield from _same(f"{label}: net EQD2", row["net_eqd2_gy"], net / (1 + 2 / tissue["alpha_beta"]))
    yield from _same(f"{label}: dose", row["dose_gy"], math.fsum(doses))
    for which in ("prescribed", "planned"):
        reference = document["status"][which]["fractions"]
        usual = {phase["name"]: phase["pattern"]["interval_h"] for phase in prescription["phases"]}
        other = effect(tissue, reference, region_doses(prescription, reference, region), usual)[3]
        yield from _same(f"{label}: {which} net BED", row[f"{which}_net_bed_gy"], other)
        yield from _same(f"{label}: difference to {which}", row[f"{which}_difference_gy"], net - other)
        if which == document["settings"]["against"]:
            yield from _same(f"{label}: difference", row["difference_gy"], net - other)
            yield from _same(f"{label}: change", row["difference_percent"], 100 * (net - other) / other)


def region_doses(prescription: Any, fractions: Any, region: Any) -> Any:
    """Dose of each fraction to a region: its target's, scaled to the dose stated for the whole prescription, or the
    shares of the targets' doses."""
    if region["shares"]:
        return [
            sum(
                share["share"] * dose["dose_gy"]
                for share in region["shares"]
                for dose in fraction["doses"]
                if share["target"] == dose["target"] and share["phase"] in (None, fraction["phase"])
            )
            for fraction in fractions
        ]
    target = region["target"] or prescription["phases"][0]["totals"][0]["target"]
    total = sum(t["dose_gy"] for phase in prescription["phases"] for t in phase["totals"] if t["target"] == target)
    scale = 1.0 if region["stated_dose_gy"] is None else region["stated_dose_gy"] / total
    return [scale * sum(d["dose_gy"] for d in f["doses"] if d["target"] == target) for f in fractions]


def effect(tissue: Any, fractions: Any, doses: Any, interval_h: Any) -> Any:
    """BED, repair gain, time loss, net BED; None where the tissue has no such factor."""
    if tissue["model"] != "LQ":
        raise NotImplementedError("this calculation knows the plain LQ model")
    ratio = tissue["alpha_beta"]
    bed = math.fsum(dose * (1 + dose / ratio) for dose in doses)
    gain = _repair(tissue, fractions, doses, interval_h)
    loss = _time(tissue, fractions, doses)
    return bed, gain, loss, bed + (gain or 0.0) - (loss or 0.0)


def _time(tissue: Any, fractions: Any, doses: Any) -> Any:
    """Loss from the first to the last fraction that gives the region dose."""
    time = tissue["repopulation"]
    if time is None:
        return None
    treated = [day(fraction["date"]) for fraction, dose in zip(fractions, doses, strict=True) if dose > 0]
    elapsed = (treated[-1] - treated[0]).days + time["first_fraction_is_day"]
    rate = time["rate"] * (1 + 2 / tissue["alpha_beta"] if time["basis"] == "eqd2" else 1.0)
    return rate * max(0.0, elapsed - time["kick_off_day"])


def _repair(tissue: Any, fractions: Any, doses: Any, interval_h: Any) -> Any:
    repair = tissue["repair"]
    if repair is None:
        return None
    if repair["overnight"]:
        raise NotImplementedError("this calculation keeps repair within the day")
    shares = repair["shares"] or [1.0]
    total = 0.0
    for _, group in itertools.groupby(range(len(fractions)), key=lambda i: fractions[i]["date"]):
        places = list(group)
        for (n, i), (m, j) in itertools.combinations(enumerate(places), 2):
            hours = (m - n) * max(interval_h[fractions[k]["phase"]] for k in places)
            if all(fractions[k]["start"] for k in places):
                moments = [dt.datetime.fromisoformat(fractions[k]["start"]) for k in (i, j)]
                hours = (moments[1] - moments[0]).total_seconds() / 3600
            left = sum(
                share * math.exp(-math.log(2) * hours / half)
                for share, half in zip(shares, repair["half_times_h"], strict=True)
            )
            total += 2 * doses[i] * doses[j] * left / tissue["alpha_beta"]
    return total


def prescribed_dates(prescription: Any, first: Any) -> Any:
    """The prescription on its own week from the first day, as if nothing were ever closed."""
    phases = prescription["phases"]
    always = _Always(first)
    pattern = phases[0]["pattern"]
    sessions = {}
    if WEEK[first.weekday()] not in pattern["weekdays"]:
        beside = len(phases) > 1 and phases[1]["concomitant_from"] == 1
        sessions = {first: usual(pattern, first) + beside}
    boosts = {phase["name"]: phase["concomitant_from"] for phase in phases if phase["concomitant_from"] is not None}
    left = [phase["n_fractions"] for phase in phases]
    return [date for _, date in lay(phases, [], left, first, always, sessions, boosts)]


class _Always(dict[str, Any]):
    """A calendar without an end, open on every day."""

    def __init__(self, first: dt.date) -> None:
        super().__init__(
            first=first.isoformat(), codes=_Zeros(), reasons=[{"open": True, "kind": "workday", "fractions": None}]
        )


class _Zeros:
    def __getitem__(self, place: int) -> int:
        return 0


# --- the figures of the ranking -------------------------------------------------------------------------------------


def _tumours(document: Any) -> Any:
    regions = document["inputs"]["regions"]
    tumours = [i for i, region in enumerate(regions) if region["tissue"]["kind"] == "tumour"]
    return [i for i in tumours if regions[i]["tissue"] == regions[tumours[0]]["tissue"]]


def _excesses(document: Any, option: Any) -> Iterator[Any]:
    against = document["settings"]["against"]
    restore = document["settings"]["restore_percent"] / 100
    rows = option["effects"]
    lack = [restore * rows[i][f"{against}_net_bed_gy"] - rows[i]["net_bed_gy"] for i in _tumours(document)]
    yield from _same(f"{option['id']}: deficit", option["deficit_gy"], max([0.0, *lack]))
    dates = [fraction["date"] for fraction in option["fractions"]]
    several = len(set(dates)) < len(dates)
    for kind in ("late", "acute"):
        own = [row for row in rows if row["kind"] == kind]
        over = [row["net_bed_gy"] - row[f"{against}_net_bed_gy"] for row in own]
        known = not several or all(row["parameters"]["repair"] for row in own)
        most = max([0.0, *over]) if known else None
        yield from _same(f"{option['id']}: {kind} excess", option[f"{kind}_excess_gy"], most)


def _prices(document: Any) -> Iterator[Any]:
    """Each region by the days of its own fractions; never another figure than its rows'."""
    status = document["status"]
    prescription = document["inputs"]["prescription"]
    regions = {region["name"]: region for region in document["inputs"]["regions"]}
    rows = {row["region"]: row for row in status["appended"]["effects"]}
    for price in status["appended"]["price"]:
        region = regions[price["region"]]
        tissue = region["tissue"]
        if tissue["repopulation"] is None:
            continue
        losses = {}
        for name in ("appended", "prescribed", "planned"):
            fractions = status[name]["fractions"]
            losses[name] = _time(tissue, fractions, region_doses(prescription, fractions, region))
        yield from _same("time loss appended", rows[price["region"]]["time_loss_gy"], losses["appended"])
        for name in ("prescribed", "planned"):
            cost = losses["appended"] - losses[name]
            yield from _same(f"price against {name}", price[f"{name}_gy"], cost)
            yield from _same(
                f"price in EQD2 against {name}", price[f"{name}_eqd2_gy"], cost / (1 + 2 / tissue["alpha_beta"])
            )


def _order(document: Any) -> Iterator[Any]:
    """By guideline: what exceeds the bound on late excess last; what restores first, the others by deficit in steps;
    tier; known excess; fewest rules broken; late and acute excess; sessions; end.

    What restores at the prescribed dose and breaks nothing stands before another dose; what is appended stands first
    where nothing is lost.
    """
    options = document["options"]
    if [option["rank"] for option in options] != list(range(1, len(options) + 1)):
        yield "ranks do not count from 1"
    hard = {rule["code"] for rule in document["rules"] if rule["kind"] == "hard"}
    waived = set(document["waived"])
    for entry in document["not_offered"]:
        if not set(entry["rules"]) <= hard - waived:
            yield f"{entry['id']} is not offered for a rule that is not hard, or waived"
    if document["settings"]["rank_by"] != "guideline":
        return
    for before, after in itertools.pairwise(options):
        if _place(document, before) > _place(document, after):
            yield f"{before['id']} stands before {after['id']}"


def _place(document: Any, option: Any) -> tuple[float, ...]:
    tolerance = document["settings"]["tolerance_gy"]
    deficit, broken = option["deficit_gy"], {note["code"] for note in option["violations"]}
    late, acute = option["late_excess_gy"], option["acute_excess_gy"]
    restores = deficit <= tolerance + FINE
    tier = float(["a", "b", "c", "d", "e", "none"].index(option["tier"]))
    clean = restores and not broken
    known = _price_known(document, option)
    keeps_time = _price_of_any_time(document) or (clean and not option["doses"] and known)
    if clean and not option["doses"] and tier >= 3:
        tier = 2.5 if option["tier"] == "none" else 2.75
    nothing_lost = (
        option["id"] in ("append", "restart")
        and not broken
        and max(deficit, late or 0.0, acute or 0.0) <= 0.1
        and known
    )
    return (
        option["held_for_toxicity"],
        _late_beyond(document, option),
        not restores,
        0 if restores else math.ceil(deficit / max(tolerance, 0.01) - FINE),
        not keeps_time,
        not nothing_lost,
        tier,
        late is None or acute is None,
        len(broken),
        round(late or 0.0, 6),
        round(acute or 0.0, 6),
        option["n_sessions"],
        day(option["last"]).toordinal(),
    )


def _late_beyond(document: Any, option: Any) -> bool:
    """Does a late tissue get more than the bound allows beyond its reference?"""
    share, against = document["inputs"]["limits"]["late_excess_share"], document["settings"]["against"]
    late = [row for row in option["effects"] if row["kind"] == "late"]
    return any(row["net_bed_gy"] > (1 + share) * row[f"{against}_net_bed_gy"] + FINE for row in late)


def _price_known(document: Any, option: Any) -> bool:
    reference = document["status"][document["settings"]["against"]]["elapsed_days"]
    return _price_of_any_time(document) or option["elapsed_days"] <= reference


def _price_of_any_time(document: Any) -> bool:
    regions = document["inputs"]["regions"]
    tumours = [regions[place] for place in _tumours(document)] if document["status"]["appended"]["price"] else []
    factors = bool(tumours) and all(region["tissue"]["repopulation"] for region in tumours)
    return factors or document["inputs"]["limits"]["category"] is not None


def _same(label: Any, printed: Any, found: Any) -> Iterator[Any]:
    if (printed is None) != (found is None) or (printed is not None and abs(printed - found) > FINE):
        yield f"{label}: the document says {printed}, its own values give {found}"
