"""What rtplan answers to the questions of published cases: for each kind of case a function of its inputs.

The formulae are those of `lq`, `response` and `schedule`. The conventions of other programs (how LQ-Equiv of 2014
counts days and charges them) live here and nowhere else: they are needed to read its prints, and no other room uses
them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtplan.clinic.days import Calendar, Reason, add_days, every_day_open
from rtplan.course.schedule import lay_out, prescribed_reference
from rtplan.errors import DomainError
from rtplan.prescription.prescription import Prescription, simple, weekly
from rtplan.radiobiology import lq, response

__all__ = [
    "KINDS",
    "Kind",
    "answers",
]


Inputs = Mapping[str, Any]


Answers = dict[str, float]


Floats = NDArray[np.float64]


MONDAY = dt.date(2024, 1, 1)


_LN2 = math.log(2.0)


_LN2_PRINTED = 0.693  # LQ-Equiv rounds ln 2


_LONG_H = 1e9  # exposure so long that the protraction factor is its limit 2/(mu w)


_WORKED = Reason(open=True, provisional=False, kind="worked weekend", text="worked weekend")


_CLOSED = Reason(open=False, provisional=False, kind="closure", text="moved to the next week")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of case. road: which functions answer. convention: whose rules beyond rtplan's own are followed."""

    answer: Callable[[Inputs], Answers]
    road: str
    convention: str = ""


def answers(kind: str, inputs: Inputs) -> Answers:
    """rtplan's answers to a case, by the keys of its expected values; a key without an answer is left out.

    Raises DomainError where the kind is not known or the inputs do not suffice.
    """
    if kind not in KINDS:
        raise DomainError(f"there is no way to answer a case of kind {kind!r}")
    try:
        return {key: float(value) for key, value in KINDS[kind].answer(inputs).items()}
    except KeyError as error:
        raise DomainError(f"the inputs lack {error.args[0]}") from None


def _bed_eqd(i: Inputs) -> Answers:
    """Keys carry the alpha/beta (BED_ab10) where there may be several, and the reference dose (EQD1.8)."""
    alpha_betas = i["alpha_beta_Gy"] if isinstance(i["alpha_beta_Gy"], list) else [i["alpha_beta_Gy"]]
    references = {2.0, 1.8, float(i.get("reference_d_Gy") or 2.0)}
    out: Answers = {}
    for alpha_beta in alpha_betas:
        bed = float(i["BED_Gy"] if "BED_Gy" in i else lq.bed(i["n"], i["d_Gy"], alpha_beta))
        values = {"BED": bed} | {f"EQD{x:g}": float(lq.eqdx(bed, alpha_beta, x)) for x in references}
        for key, value in values.items():
            out[f"{key}_ab{alpha_beta:g}"] = value
            if len(alpha_betas) == 1:
                out[key] = value
    return out


def _sum(i: Inputs) -> Answers:
    alpha_beta = i["alpha_beta_Gy"]
    total = math.fsum(float(lq.eqd2(lq.bed(n, d, alpha_beta), alpha_beta)) for n, d in i["courses"])
    return {"EQD2": total, "EQD2_cumulative": total}


def _bed_of_eqd2(eqd2: Any, alpha_beta: float) -> Any:
    return lq.bed(np.asarray(eqd2) / 2.0, 2.0, alpha_beta)


def _dose_for_bed(i: Inputs) -> Answers:
    dose = float(lq.dose_per_fraction_for_bed(i["BED_target_Gy"], i["n"], i["alpha_beta_Gy"]))
    return {"d_Gy": dose, "D_Gy": dose * i["n"]}


def _isoeffect(i: Inputs) -> Answers:
    alpha_beta = i["alpha_beta_Gy"]
    if "EQD2_target_Gy" in i:
        bed = _bed_of_eqd2(i["EQD2_target_Gy"], alpha_beta)
        return _dose_for_bed({"BED_target_Gy": bed, "n": i["n"], "alpha_beta_Gy": alpha_beta})
    bed = lq.bed(i["n"], i["D_Gy"] / i["n"], alpha_beta)
    out = {"EQD2": float(lq.eqd2(bed, alpha_beta))}
    if "n_new" in i:
        out["D_new_Gy"] = i["n_new"] * float(lq.dose_per_fraction_for_bed(bed, i["n_new"], alpha_beta))
    return out


def _isoeffect_n(i: Inputs) -> Answers:
    bed = _bed_of_eqd2(i["EQD2_target_Gy"], i["alpha_beta_Gy"])
    return {"n_nearest": round(float(lq.n_fractions_for_bed(bed, i["d_Gy"], i["alpha_beta_Gy"])))}


def _make_up(i: Inputs) -> Answers:
    planned, delivered = (float(lq.bed(i[n], i["d_Gy"], i["alpha_beta_Gy"])) for n in ("n_planned", "n_delivered"))
    return {"BED_planned": planned, "BED_delivered": delivered, "BED_to_make_up": planned - delivered}


def _remaining(i: Inputs) -> Answers:
    alpha_beta = i["alpha_beta_Gy"]
    planned, delivered = (float(lq.bed(n, d, alpha_beta)) for n, d in (i["planned"], i["delivered"]))
    left = planned - delivered
    beds = {"EQD2_planned": planned, "EQD2_delivered": delivered, "EQD2_remaining": left}
    dose = float(lq.dose_per_fraction_for_bed(left, i["remaining_n"], alpha_beta))
    return {key: float(lq.eqd2(bed, alpha_beta)) for key, bed in beds.items()} | {"d_Gy": dose}


def _calendar(i: Inputs) -> Answers:
    pattern = weekly(i.get("fractions_per_week", 5))
    prescription = simple(2.0 * i["n"], i["n"], pattern)
    course = prescribed_reference(prescription, MONDAY)
    if "gap" in i:  # the last week is moved to the next one
        week = add_days(course.last, -course.last.weekday())
        open_days = every_day_open(MONDAY, add_days(course.last, 60))
        calendar = open_days.with_days(
            lambda day, reason: _CLOSED if week <= day < add_days(week, 7) or day.weekday() > 4 else reason
        )
        course = lay_out(prescription, calendar, MONDAY)
    inclusive = i["mode"] == "inclusive_calendar_days"
    return {"days": course.overall_treatment_time_days if inclusive else course.elapsed_days}


def _dated(i: Inputs) -> Answers:
    """A course on dates: phases of n fractions of d Gy, weekends and stated days closed, stated ones opened."""
    first = dt.date.fromisoformat(i["start"])
    pattern = weekly(i.get("days_a_week", 5))
    phases = tuple(
        replace(simple(n * d, n, pattern).phases[0], name=f"phase {number}")
        for number, (n, d) in enumerate(i["phases"], 1)
    )
    prescription = Prescription(name="case", phases=phases)
    course = lay_out(prescription, _stated_calendar(i, first, max(5, i.get("days_a_week", 5))), first)
    reference = prescribed_reference(prescription, first)
    doses = [float(fraction.doses_gy[0]) for fraction in course.fractions]
    train = lq.train_bed(
        doses,
        [(fraction.date - first).days for fraction in course.fractions],
        alpha_beta=i.get("alpha_beta_Gy", 10.0),
        rate=i.get("K_BED_Gy_per_d", 0.0),
        kick_off_day=i.get("Tk_d", math.inf),
    )
    return {
        "overall_days": course.overall_treatment_time_days,
        "elapsed_days": course.elapsed_days,
        "prolongation_days": course.overall_treatment_time_days - reference.overall_treatment_time_days,
        "longest_gap_days": course.longest_gap_days,
        "D_Gy": math.fsum(doses),
        "BED": float(train.bed),
        "net_BED": float(train.net_bed),
    }


def _stated_calendar(i: Inputs, first: dt.date, weekdays: int) -> Calendar:
    """Open on so many days of the week, less the closed days, with the worked weekend days that are used."""
    closed, opened = (set(map(dt.date.fromisoformat, i.get(key, ()))) for key in ("closed", "opened"))

    def stated(day: dt.date, reason: Reason) -> Reason:
        if day in opened:
            return _WORKED
        return _CLOSED if day in closed or day.weekday() >= weekdays else reason

    return every_day_open(first, add_days(first, 200)).with_days(stated)


def _dose_error_bound(i: Inputs) -> Answers:
    """What keeps dose and BED of every tissue at once: BED at alpha/beta 1 is the dose plus the sum of its squares."""
    given = i["given_Gy"]
    dose = i["n"] * i["d_Gy"] - math.fsum(given)
    squares = float(lq.bed(i["n"], i["d_Gy"], 1.0)) - math.fsum(float(lq.bed(1, d, 1.0)) for d in given) - dose
    return {"D_left_Gy": dose, "d_Gy": squares / dose, "n": dose**2 / squares}


def _hm(i: Inputs) -> Answers:
    return {"Hm": float(lq.incomplete_repair_factor(i["m"], i["interval_h"], i["repair_half_time_h"]))}


def _several_a_day(n: int, d: float, m: int, interval_h: float, half_time_h: float, alpha_beta: float) -> float:
    """Net BED of n equal fractions, m a day, on consecutive days, by the kernel. [Gy]"""
    days = [k // m for k in range(n)]
    hours = [24.0 * (k // m) + interval_h * (k % m) for k in range(n)]
    return float(lq.train_bed([d] * n, days, alpha_beta=alpha_beta, hour=hours, half_time_h=half_time_h).net_bed)


def _incomplete_repair(i: Inputs) -> Answers:
    train = (i["n"], i["d_Gy"], i["fractions_per_day"], i["interval_h"], i["repair_half_time_h"], i["alpha_beta_Gy"])
    return {"EQD2": float(lq.eqd2(_several_a_day(*train), i["alpha_beta_Gy"]))}


def _protraction(i: Inputs) -> Answers:
    half_time = _LN2 / i["mu_per_h"]
    doses, starts, widths = i["doses_Gy"], i["start_h"], i["duration_h"]
    out = {"G": float(lq.protraction_factor(doses, starts, widths, half_time))}
    for alpha_beta in (3.0, 10.0):
        train = lq.train_bed(
            doses,
            [0] * len(doses),
            alpha_beta=alpha_beta,
            hour=starts,
            duration_h=widths,
            half_time_h=half_time,
        )
        out[f"BED_ab{alpha_beta:g}"] = float(train.net_bed)
    return out


def _long_exposure(i: Inputs) -> Answers:
    """D (1 + 2R/(mu alpha/beta)): the limit of a long exposure, where G w is 2/mu."""
    factor = float(lq.protraction_factor([1.0], [0.0], _LONG_H, _LN2 / i["mu_per_h"])) * _LONG_H
    return {"BED": i["D_Gy"] * (1.0 + factor * i["dose_rate_Gy_h"] / i["alpha_beta_Gy"])}


def _repopulation_eqd2(i: Inputs) -> Answers:
    def loss(days: float) -> float:
        return float(lq.repopulation_loss(days, i["Dprolif_Gy_per_d"], i["Tk_d"]))

    if "gap_d" in i:
        return {"delta_EQD2": loss(i["T_plan_d"]) - loss(i["T_plan_d"] + i["gap_d"])}
    return {"EQD2_T": i["EQD2_Gy"] - (loss(i["T_d"]) - loss(i["T_ref_d"]))}


def _repopulation_bed(i: Inputs) -> Answers:
    bed = float(lq.bed(i["n"], i["d_Gy"], i["alpha_beta_Gy"]))
    rate = lq.repopulation_rate(i["alpha_per_Gy"], i["Tp_d"])
    net = {gap: bed - float(lq.repopulation_loss(i["T_d"] + gap, rate, i["Tk_d"])) for gap in (0, 7)}
    return {"BED": net[0], "BED_after_7d_gap": net[7]}


def _rate(i: Inputs) -> Answers:
    return {"Dprolif_EQD2": float(lq.eqd2_rate_from_bed_rate(i["K_BED_Gy_per_d"], i["alpha_beta_Gy"]))}


def _lql(i: Inputs) -> Answers:
    alpha_beta = i["alpha_beta_Gy"]
    transition = i.get("dT_Gy", 2.0 * alpha_beta)  # where none is given: 2 alpha/beta, with the tangent
    bed = lq.bed_lql(i["n"], i["d_Gy"], alpha_beta, transition, i.get("gamma_over_alpha"))
    plain = float(lq.eqd2(lq.bed(i["n"], i["d_Gy"], alpha_beta), alpha_beta))
    bent = float(lq.eqd2(bed, alpha_beta))
    difference = {"diff_Gy": bent - plain, "diff_pct": 100.0 * (bent / plain - 1.0)}
    return {"BED": float(bed), "EQD2": bent, "EQD2_LQ": plain} | difference


def _usc(i: Inputs) -> Answers:
    """All cases lie above the transition dose, where alpha/beta and dT do not enter: Park's 8.6 and 6.2 Gy stand in."""
    bed = float(lq.bed_usc(i["n"], i["d_Gy"], 8.6, 6.2, i["alpha_per_Gy"], i["D0_Gy"], i["Dq_Gy"]))
    return {"BED": bed, "SFED": bed * i["alpha_per_Gy"] * i["D0_Gy"] + i["Dq_Gy"]}


def _staircase(n: Any) -> Any:
    """Inclusive days of n weekday fractions from a Monday, n not whole allowed."""
    return n + 2.0 * np.maximum(0.0, np.floor((np.asarray(n) - 1.0) / 5.0))


def _weekly(n: Any) -> Any:
    """Days at a flat seven fifths of a day a fraction."""
    return 1.4 * np.asarray(n)


def _fraction_term(d: float, part: Inputs, gamma: float, bid: bool, interval_h: float) -> float:
    """BED per fraction: LQ with incomplete repair below the transition dose, LQ-L without repair from there on."""
    if bid and d < part["dt"]:
        half_time = part["T_half"] * _LN2 / _LN2_PRINTED
        return _several_a_day(2, d, 2, interval_h, half_time, part["alpha_beta"]) / 2.0
    return float(lq.bed_lql(1, d, part["alpha_beta"], part["dt"], gamma))


def _printed_rate(alpha: float, doubling_time: float) -> float:
    """K with the rounded ln 2. [Gy/day]"""
    return float(lq.repopulation_rate(alpha, doubling_time)) * _LN2_PRINTED / _LN2


def _golden(i: Inputs) -> Answers:
    """The organ loses from day 0 and knows no gap; the target's gap counts as treatment sessions."""
    n, organ, target = i["n"], i["organ"], i["target"]
    terms = [
        _fraction_term(i["d_Gy"], part, i["gamma_over_alpha"], i["bid"], i["interval_h"]) for part in (organ, target)
    ]
    organ_loss = float(lq.repopulation_loss(_weekly(n), organ["dprol"], 0.0))
    rate = _printed_rate(target["alpha"], target["Tp"])
    target_loss = float(lq.repopulation_loss(_weekly(n + i["gap_sessions"]), rate, target["Tk"]))
    return {"BED_organ": n * terms[0] - organ_loss, "BED_target": n * terms[1] - target_loss}


def _greatest_root(f: Callable[[Any], Any], high: float) -> float | None:
    """The greatest x up to `high` where f, which rises but for small steps down, crosses 0; None without one."""
    grid = np.linspace(0.0, high, 20001)
    values = np.asarray(f(grid))
    crossings = np.flatnonzero((values[:-1] < 0.0) & (values[1:] >= 0.0))
    if not len(crossings):
        return None
    low, top = float(grid[crossings[-1]]), float(grid[crossings[-1] + 1])
    for _ in range(60):
        middle = (low + top) / 2.0
        low, top = (middle, top) if float(f(middle)) < 0.0 else (low, middle)
    return top


def _equivalent(net: float, alpha_beta: float, loss: Callable[[Any], Any], high: float = 400.0) -> float | None:
    """EQD2 with a loss of its own, as a function of its number of 2 Gy fractions. [Gy]"""
    return _greatest_root(lambda e: _bed_of_eqd2(e, alpha_beta) - loss(np.asarray(e) / 2.0) - net, high)


def _lql_time(i: Inputs) -> Answers:
    """Days of schedule and of its 2 Gy equivalent on the staircase, each with its own loss."""
    n, alpha_beta = i["n"], i["alpha_beta_Gy"]
    if "organ" in i:
        rate, kick_off, key = i["dprol_Gy_per_d"], 0.0, "EQD2_single"
        bed = float(lq.bed(n, i["d_Gy"], alpha_beta))
    else:
        rate, kick_off, key = _printed_rate(i["alpha_per_Gy"], i["Tp_d"]), i["Tk_d"], "EQD2"
        bed = float(lq.bed_lql(n, i["d_Gy"], alpha_beta, i["dT_Gy"], i["gamma_over_alpha"]))

    def loss(fractions: Any) -> Any:
        return lq.repopulation_loss(_staircase(fractions), rate, kick_off)

    out = _present({key: _equivalent(bed - float(loss(n)), alpha_beta, loss)})
    if "organ" in i:
        out["EQD2_legacy_double"] = _organ_of_2014(bed, n, n, alpha_beta, rate)
    return out


def _organ_of_2014(bed: float, n: float, sessions: float, alpha_beta: float, rate: float) -> float:
    """Flat 7/5 on both sides, then the difference of staircase times charged once more on the answer. [Gy]"""
    reference = (bed - rate * float(_weekly(n))) / (float(lq.bed(1, 2.0, alpha_beta)) - rate * 1.4)
    return 2.0 * reference - float(_staircase(sessions) - _staircase(reference)) * rate


def _lql_equiv_2014(i: Inputs) -> Answers:
    """Course by course, summed; the target's clock runs on, gaps are missed sessions before or within a course."""
    organ, target, gamma, bid = i["organ"], i["target"], i["gamma_over_alpha"], i["bid"]
    rate = _printed_rate(target["alpha"], target["Tp"])
    organ_sum, parts, before = 0.0, [], 0.0
    for n, d, gap in i["courses_n_d_gapSessions"]:
        sessions = (math.ceil(n / 2) if bid else n) + gap
        bed = n * _fraction_term(d, organ, gamma, bid, i["interval_h"])
        organ_sum += _organ_of_2014(bed, n, sessions, organ["alpha_beta"], organ["dprol"])
        loss = _loss_after(before, rate, target["Tk"])
        net = n * _fraction_term(d, target, gamma, bid, i["interval_h"]) - float(loss(n + gap))
        parts.append(_equivalent(net, target["alpha_beta"], loss))
        before += float(_weekly(n + gap))
    solved = [part for part in parts if part is not None]
    return _present({"EQD2_organ": organ_sum, "EQD2_target": sum(solved) if len(solved) == len(parts) else None})


def _loss_after(before: float, rate: float, kick_off: float) -> Callable[[Any], Any]:
    """Loss of so many sessions that begin after so many days. [Gy]"""
    start = float(lq.repopulation_loss(before, rate, kick_off))
    return lambda sessions: np.asarray(lq.repopulation_loss(before + _weekly(sessions), rate, kick_off)) - start


def _present(values: Mapping[str, float | None]) -> Answers:
    return {key: value for key, value in values.items() if value is not None}


def _tcp_logistic(i: Inputs) -> Answers:
    """With a width k in place of the slope, 1/(1 + exp(-(x - x50)/k)): gamma50 = x50/(4k)."""
    if "gamma50" in i:
        return {"TCP": float(response.tcp_logistic(i["D_Gy"], i["D50_Gy"], i["gamma50"]))}
    k = i["k_Gy"]
    if "sBED_Gy" in i:  # x50 = 0: dose and middle are both moved by k
        return {"TCP": float(response.tcp_logistic(i["sBED_Gy"] + k, k, 0.25))}
    middle = i["c_Gy_per_cm"] * i["diameter_cm"] + i["TCD50_Gy"]
    bed = lq.bed(i["n"], i["d_Gy"], i["alpha_beta_Gy"])
    return {"TCP": float(response.tcp_logistic(bed, middle, middle / (4.0 * k)))}


def _tcp_poisson(i: Inputs) -> Answers:
    if "gamma" in i:
        return {"TCP": float(response.tcp_poisson(i["EQD2_Gy"], i["D50_Gy"], i["gamma"], slope="maximum"))}
    eqd2 = i["EQD2_Gy"] if "EQD2_Gy" in i else _bed_eqd(i)["EQD2"]
    return {"TCP": float(response.tcp_poisson(eqd2, i["D50_EQD2_Gy"], i["gamma50"]))}


def _lkb(i: Inputs) -> Answers:
    uniform = response.geud([i["gEUD_Gy"]], [1.0], 1.0 / i.get("n", 1.0))
    return {"NTCP_percent": 100.0 * float(response.ntcp_lkb(uniform, i["TD50_Gy"], i["m"]))}


def _probit(i: Inputs) -> Answers:
    m = 1.0 / (i["gamma50"] * math.sqrt(2.0 * math.pi))
    return {"NTCP": float(response.ntcp_lkb(i["EQD2_Gy"], i["TD50_Gy"], m))}


def _log_logistic(i: Inputs) -> Answers:
    return {"NTCP": float(response.ntcp_log_logistic(i["D_Gy"], i["TD50_Gy"], i["gamma50"]))}


def _mean_lung_dose(i: Inputs) -> Answers:
    """b0 + b_mld MLD + other terms = 4 gamma50 (MLD/D50 - 1), with D50 = -(b0 + others)/b_mld."""
    rest = i["b0"] + i["b_age"] * i["age_y"] + i["b_smoke"] * i["smoker"]
    middle = -rest / i["b_mld"]
    return {"NTCP": float(response.tcp_logistic(i["MLD_Gy"], middle, i["b_mld"] * middle / 4.0))}


def _source_error(i: Inputs) -> Answers:
    """What the right formula gives to a question that its source answers wrongly."""
    if "BEUD_Gy" in i:
        return {"EQD2": float(lq.eqd2(i["BEUD_Gy"], i["alpha_beta_Gy"]))}
    if "R_Gy_h" in i:  # constant dose rate until the dose is given
        half_time = _LN2 / i["mu_per_h"]
        factor = float(lq.protraction_factor([i["D_Gy"]], [0.0], i["D_Gy"] / i["R_Gy_h"], half_time))
        return {"BED": i["D_Gy"] * (1.0 + factor * i["D_Gy"] / i["alpha_beta_Gy"])}
    if "b1_per_Gy" in i:  # the probit of the same slope at TD50 as a logistic of b0 + b1 D
        return {"m": 4.0 / (-i["b0"] * math.sqrt(2.0 * math.pi))}
    dose = i["d_Gy"] if "d_Gy" in i else i["D_Gy"] / i["n"]
    return {"EQD2": float(lq.eqd2(lq.bed(i["n"], dose, i["alpha_beta_Gy"]), i["alpha_beta_Gy"]))}


_2014 = "LQ-Equiv 2014: its count of days, its charging of time, ln 2 = 0.693"


_LIMIT = "the limit of a long exposure, as printed; the BED with the full protraction factor is 0.3 Gy lower"


KINDS: dict[str, Kind] = {
    "bed_eqd": Kind(answer=_bed_eqd, road="lq.bed, lq.eqdx"),
    "bed_eqd_sum": Kind(answer=_sum, road="lq.bed, lq.eqd2"),
    "reirradiation_sum": Kind(answer=_sum, road="lq.bed, lq.eqd2", convention="EQD2 summed without recovery"),
    "inverse_d_from_bed": Kind(answer=_dose_for_bed, road="lq.dose_per_fraction_for_bed"),
    "isoeffect": Kind(answer=_isoeffect, road="lq.bed, lq.dose_per_fraction_for_bed"),
    "isoeffect_d": Kind(answer=_isoeffect, road="lq.bed, lq.dose_per_fraction_for_bed"),
    "isoeffect_n": Kind(answer=_isoeffect_n, road="lq.n_fractions_for_bed"),
    "makeup_course": Kind(answer=_make_up, road="lq.bed"),
    "gap_missed_fraction_fixed_finish": Kind(answer=_remaining, road="lq.bed, lq.dose_per_fraction_for_bed"),
    "dose_error_correction": Kind(answer=_remaining, road="lq.bed, lq.dose_per_fraction_for_bed"),
    "calendar": Kind(answer=_calendar, road="schedule.prescribed_reference, schedule.lay_out"),
    "dated_course": Kind(answer=_dated, road="schedule.lay_out, schedule.prescribed_reference, lq.train_bed"),
    "dose_error_bound": Kind(answer=_dose_error_bound, road="lq.bed"),
    "hm": Kind(answer=_hm, road="lq.incomplete_repair_factor"),
    "eqd2_incomplete_repair": Kind(answer=_incomplete_repair, road="lq.train_bed"),
    "lea_catcheside_G": Kind(answer=_protraction, road="lq.protraction_factor, lq.train_bed"),
    "ldr_bed": Kind(answer=_long_exposure, road="lq.protraction_factor", convention=_LIMIT),
    "repopulation_eqd2": Kind(answer=_repopulation_eqd2, road="lq.repopulation_loss"),
    "repopulation_bed": Kind(answer=_repopulation_bed, road="lq.bed, lq.repopulation_rate, lq.repopulation_loss"),
    "repopulation_rate_conversion": Kind(answer=_rate, road="lq.eqd2_rate_from_bed_rate"),
    "lql": Kind(answer=_lql, road="lq.bed_lql"),
    "usc": Kind(answer=_usc, road="lq.bed_usc"),
    "lql_bed_golden": Kind(answer=_golden, road="lq.bed_lql, lq.train_bed, lq.repopulation_loss", convention=_2014),
    "lql_eqd2_time": Kind(answer=_lql_time, road="lq.bed_lql, lq.repopulation_loss", convention=_2014),
    "lql_equiv_2014": Kind(
        answer=_lql_equiv_2014, road="lq.bed_lql, lq.train_bed, lq.repopulation_loss", convention=_2014
    ),
    "logistic_tcp": Kind(answer=_tcp_logistic, road="response.tcp_logistic"),
    "poisson_tcp": Kind(answer=_tcp_poisson, road="response.tcp_poisson"),
    "lkb_ntcp_uniform": Kind(answer=_lkb, road="response.geud, response.ntcp_lkb"),
    "probit_ntcp": Kind(answer=_probit, road="response.ntcp_lkb"),
    "loglogistic_ntcp": Kind(answer=_log_logistic, road="response.ntcp_log_logistic"),
    "logistic_ntcp": Kind(
        answer=_mean_lung_dose,
        road="response.tcp_logistic",
        convention="a logit in mean lung dose, age and smoking, written as a logistic in dose",
    ),
    "source_error": Kind(answer=_source_error, road="lq.bed, lq.eqd2, lq.protraction_factor"),
}
