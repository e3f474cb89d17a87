"""Proof of the notation: each good text has one exact reading, each other one its exact message; and laws."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.errors import DomainError
from rtplan.prescription.notation import looks_like_notation, parse, parse_dose

FORMS = "a phase is total/n, nxd, total@d or total/nxd, such as 45/25, 25x1.8, 45@1.8 or 45/25x1.8"
R45 = "25 fractions of 1.8 Gy, 45 Gy"
R40 = "5 fractions of 8 Gy, 40 Gy"


@pytest.mark.parametrize(
    ("text", "name", "reading"),
    [
        *((text, "45/25", R45) for text in (
            "45/25", "25x1.8", "45@1.8", "45/25x1.8", "45Gy/25f", "45/25fx", "4500cGy/25", "25fx180cGy", "180cGyx25",
            "1.8Gyx25f", "25 × 1.8 Gy", " 45 / 25 ", "45 GY / 25 F", "45.0/25", "045/025", "4500cGy/25x1.8",
            "4500cGy@180cGy", "45 / 25 x 1.8 Gy 5/week", "45/25 5/week", "25X1.8", "45/1.8Gyx25", "25x1.80",
        )),
        *((text, "40/5", R40) for text in (
            "5fx8Gy", "5x8Gy", "8Gyx5", "8x5f", "5fx8", "5x8.0", "40/5x8", "40/8Gyx5", "40@8", "5x800cGy",
        )),
        ("30x2.0", "60/30", "30 fractions of 2 Gy, 60 Gy"),
        ("60/30x2", "60/30", "30 fractions of 2 Gy, 60 Gy"),
        ("5x5", "25/5", "5 fractions of 5 Gy, 25 Gy"),
        ("8/1", "8/1", "1 fraction of 8 Gy, 8 Gy"),
        ("35/15", "35/15", "15 fractions of 2.3333 Gy, 35 Gy"),
        ("70/33x2.12", "70/33", "33 fractions of 2.1212 Gy, 70 Gy"),
        ("50/30x1.67", "50/30", "30 fractions of 1.6667 Gy, 50 Gy"),
        ("22.5/25", "22.5/25", "25 fractions of 0.9 Gy, 22.5 Gy"),
        ("54/45 bid", "54/45 bid", "45 fractions of 1.2 Gy, 54 Gy, twice a day"),
        ("45.6/38bid", "45.6/38 bid", "38 fractions of 1.2 Gy, 45.6 Gy, twice a day"),
        ("45.6/38 BID", "45.6/38 bid", "38 fractions of 1.2 Gy, 45.6 Gy, twice a day"),
        ("48/32 10/week", "48/32 bid", "32 fractions of 1.5 Gy, 48 Gy, twice a day"),
        ("48/32 12/week", "48/32 12/week", "32 fractions of 1.5 Gy, 48 Gy, twice a day, on 6 days a week"),
        ("66/33 6/week", "66/33 6/week", "33 fractions of 2 Gy, 66 Gy, on 6 days a week"),
        ("24/3 2/week", "24/3 2/week", "3 fractions of 8 Gy, 24 Gy, on 2 days a week"),
        ("40Gy/15#", "40/15", "15 fractions of 2.6667 Gy, 40 Gy"),
        ("60 Gy / 30 frs", "60/30", "30 fractions of 2 Gy, 60 Gy"),
        ("60 Gy in 30 fractions", "60/30", "30 fractions of 2 Gy, 60 Gy"),
        ("60Gy in 30# over 6 weeks", "60/30", "30 fractions of 2 Gy, 60 Gy"),
        ("25 fractions of 1.8 Gy", "45/25", "25 fractions of 1.8 Gy, 45 Gy"),
        ("25*1.8", "45/25", "25 fractions of 1.8 Gy, 45 Gy"),
        ("54/36 tid", "54/36 tid", "36 fractions of 1.5 Gy, 54 Gy, three times a day"),
        ("54/36 tds", "54/36 tid", "36 fractions of 1.5 Gy, 54 Gy, three times a day"),
        ("45.6/38bd/4w", "45.6/38 bid", "38 fractions of 1.2 Gy, 45.6 Gy, twice a day"),
        ("24/3 eod", "24/3 eod", "3 fractions of 8 Gy, 24 Gy, every other day"),
        ("24/3 every 48 h", "24/3 eod", "3 fractions of 8 Gy, 24 Gy, every other day"),
        ("45Gy/25f/5w", "45/25", "25 fractions of 1.8 Gy, 45 Gy"),
        ("66Gy/33f/6.5w", "66/33", "33 fractions of 2 Gy, 66 Gy"),
        ("60/30/5w 6/week", "60/30 6/week", "30 fractions of 2 Gy, 60 Gy, on 6 days a week"),
        ("54/3 daily", "54/3 5/week", "3 fractions of 18 Gy, 54 Gy"),
        ("26Gy/5#/1w", "26/5 5/week", "5 fractions of 5.2 Gy, 26 Gy"),
        (
            "41.4/23 + 27/18 bid",
            "41.4/23 + 27/18 bid",
            "23 fractions of 1.8 Gy, 41.4 Gy, then 18 fractions of 1.5 Gy, 27 Gy, twice a day",
        ),
        ("25fx0.2Gy", "5Gy/25x0.2Gy", "25 fractions of 0.2 Gy, 5 Gy"),
        ("25x0.2", "5Gy/25x0.2Gy", "25 fractions of 0.2 Gy, 5 Gy"),
        ("34Gy/1", "34Gy/1x34Gy", "1 fraction of 34 Gy, 34 Gy"),
        ("25Gy/45f", "25Gy/45x0.555555556Gy", "45 fractions of 0.5556 Gy, 25 Gy"),
    ],
)  # fmt: skip
def test_one_reading(text: str, name: str, reading: str) -> None:
    prescription = parse(text)
    assert (prescription.name, prescription.reading) == (name, reading)
    assert parse(prescription.name) == prescription


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5x8", "'5x8' can be read as 5 fractions of 8 Gy or as 8 fractions of 5 Gy: write 5fx8Gy or 8fx5Gy"),
        ("30x2", "'30x2' can be read as 30 fractions of 2 Gy or as 2 fractions of 30 Gy: write 30fx2Gy or 2fx30Gy"),
        ("1x8", "'1x8' can be read as 1 fraction of 8 Gy or as 8 fractions of 1 Gy: write 1fx8Gy or 8fx1Gy"),
        (
            "180x25",
            "'180x25' can be read as 180 fractions of 25 Gy or as 25 fractions of 180 cGy: "
            "write 180fx25Gy or 25fx180cGy",
        ),
        (
            "25x180",
            "'25x180' can be read as 180 Gy per fraction in Gy or as 1.8 Gy per fraction in cGy: write 25fx180cGy",
        ),
        (
            "4500/25",
            "'4500/25' can be read as 180 Gy per fraction in Gy or as 1.8 Gy per fraction in cGy: write 25fx180cGy",
        ),
        (
            "4500@180",
            "'4500@180' can be read as 180 Gy per fraction in Gy or as 1.8 Gy per fraction in cGy: write 25fx180cGy",
        ),
        (
            "34/1",
            "'34/1' can be read as 34 Gy per fraction in Gy or as 0.34 Gy per fraction in cGy: "
            "write 1fx34cGy or 1fx34Gy",
        ),
        (
            "25/45",
            "'25/45' can be read as 25 Gy in 45 fractions, 0.5556 Gy each (25Gy/45fx0.5556Gy) "
            "or as 45 Gy in 25 fractions (45/25): write the one you mean",
        ),
        (
            "1.8/25",
            "'1.8/25' can be read as 1.8 Gy in 25 fractions, 0.072 Gy each (25fx0.072Gy) "
            "or as 25 fractions of 1.8 Gy (25fx1.8Gy): write the one you mean",
        ),
        (
            "1.8Gy/25",
            "'1.8Gy/25' can be read as 1.8 Gy in 25 fractions, 0.072 Gy each (25fx0.072Gy) "
            "or as 25 fractions of 1.8 Gy (25fx1.8Gy): write the one you mean",
        ),
        (
            "5/5",
            "'5/5' can be read as 5 Gy in 5 fractions, 1 Gy each (5fx1Gy) "
            "or as 5 fractions of 5 Gy (5fx5Gy): write the one you mean",
        ),
        (
            "2/30",
            "'2/30' can be read as 2 Gy in 30 fractions, 0.0667 Gy each (2Gy/30fx0.0667Gy) "
            "or as 30 fractions of 2 Gy (30fx2Gy) or as 30 Gy in 2 fractions (30/2): write the one you mean",
        ),
        (
            "45cGy/25",
            "'45cGy/25' is 0.45 Gy in 25 fractions, 0.018 Gy each: below 0.5 Gy per fraction "
            "write number and dose, such as 25fx0.018Gy",
        ),
        (
            "45/25x2",
            "'45/25x2' contradicts itself: 45 Gy in 25 fractions is 1.8 Gy per fraction, "
            "25 fractions of 2 Gy are 50 Gy",
        ),
        (
            "45/25x1.81",
            "'45/25x1.81' contradicts itself: 45 Gy in 25 fractions is 1.8 Gy per fraction, "
            "25 fractions of 1.81 Gy are 45.25 Gy",
        ),
        (
            "46@1.8",
            "'46@1.8': 46 Gy at 1.8 Gy per fraction is 25.5556 fractions, not a whole number: "
            "25 fractions, 45 Gy or 26 fractions, 46.8 Gy",
        ),
        (
            "1.8@45",
            "'1.8@45': 1.8 Gy at 45 Gy per fraction is 0.04 fractions, not a whole number: 1 fraction, 45 Gy",
        ),
        ("45/25.5", "'45/25.5': the number of fractions must be a whole number written without a point, got 25.5"),
        ("25.0x1.8", "'25.0x1.8': the number of fractions must be a whole number written without a point, got 25.0"),
        (
            "1.8x25",
            "'1.8x25': the number of fractions comes first and is whole, or units tell: "
            "write 25x1.8 for 25 fractions of 1.8 Gy",
        ),
        ("0/25", "'0/25': doses and numbers of fractions must be greater than 0, got 0"),
        ("45/0", "'45/0': doses and numbers of fractions must be greater than 0, got 0"),
        ("25x0.0Gy", "'25x0.0Gy': doses and numbers of fractions must be greater than 0, got 0.0Gy"),
        ("-45/25", "'-45/25' has a minus sign: doses and numbers of fractions must be greater than 0"),
        ("nan/25", "'nan/25': doses and numbers of fractions must be finite, got nan"),
        ("45/inf", "'45/inf': doses and numbers of fractions must be finite, got inf"),
        ("45/1000", "'45/1000': the number of fractions must be at most 999, got 1000"),
        ("25fx180Gy", "'25fx180Gy' is 180 Gy per fraction, which is above 100 Gy"),
        ("25fx0.001Gy", "'25fx0.001Gy' is 0.001 Gy per fraction, which is below 0.01 Gy"),
        ("", "regimen is empty: write it as 45/25, 25x1.8, 45@1.8, or phases joined by +"),
        ("  ", "regimen is empty: write it as 45/25, 25x1.8, 45@1.8, or phases joined by +"),
        ("45", f"'45' has only one number: {FORMS}"),
        ("45//25", f"'45//25' has '/' without a number before it: {FORMS}"),
        ("45/", f"'45/' ends without a number: {FORMS}"),
        ("45/25/2", f"'45/25/2' has signs in an order rtplan does not know: {FORMS}"),
        ("25x1.8x2", f"'25x1.8x2' has signs in an order rtplan does not know: {FORMS}"),
        ("45 25", f"'45 25' has two numbers with no sign between them: {FORMS}"),
        ("4 5/25", f"'4 5/25' has two numbers with no sign between them: {FORMS}"),
        ("45/25+", f"'45/25+' has nothing behind the last +: {FORMS}"),
        ("+45/25", f"'+45/25' has nothing before the first +: {FORMS}"),
        ("45/25++9/5", f"'45/25++9/5' has nothing between two +: {FORMS}"),
        ("5Gyx8Gy", "'5Gyx8Gy' multiplies two doses, 5Gy and 8Gy: one of them must be the number of fractions"),
        ("5fx8f", "'5fx8f' multiplies two numbers of fractions: one of them must be a dose"),
        (
            "45/1.8Gy",
            "'45/1.8Gy': before / stands the total dose, behind it the number of fractions: "
            "write 45@1.8Gy for 1.8 Gy per fraction",
        ),
        (
            "45/25Gy",
            "'45/25Gy': before / stands the total dose, behind it the number of fractions: "
            "write 45/25 for 25 fractions, or 45@25Gy for 25 Gy per fraction",
        ),
        (
            "25f/45Gy",
            "'25f/45Gy': before / stands the total dose, behind it the number of fractions: write 45Gy/25f",
        ),
        (
            "45/25 bid bid",
            "'45/25 bid bid' states how often it is given twice: one of bid, tid, eod or K/week, such as 5/week",
        ),
        (
            "45/25 10/week bid",
            "'45/25 10/week bid' states how often it is given twice: one of bid, tid, eod or K/week, such as 5/week",
        ),
        (
            "45/25 8/week",
            "'45/25 8/week': K/week takes 1 to 7 fractions a week (once a day) or 10, 12, 14 (twice a day on 5, 6, 7 "
            "days), got 8",
        ),
        (
            "45/255/week",
            "'45/255/week': write the fractions a week as K/week after a blank, such as 45/25 5/week",
        ),
        (
            "45/25 qid",
            "'45/25 qid': how often it is given is written once, at the end, as bid, tid, eod or K/week, "
            "such as 5/week, got qid",
        ),
        (
            "1,8/25",
            "'1,8/25' has a comma: write decimals with a point, such as 1.8, and thousands without a mark",
        ),
        (
            "４５/25",
            "'４５/25' has the sign '４' (fullwidth digit four): write 0 to 9, a point, and x or × / @ +",
        ),
        (
            "٤٥/25",
            "'٤٥/25' has the sign '٤' (arabic-indic digit four): write 0 to 9, a point, and x or × / @ +",
        ),
        (
            "45mGy/25",
            f"'45mGy/25': cannot read 'mGy'; {FORMS}, then optionally bid, tid, eod or K/week, such as 5/week",
        ),
        (
            "45Gy(RBE)/25",
            f"'45Gy(RBE)/25': cannot read '('; {FORMS}, then optionally bid, tid, eod or K/week, such as 5/week",
        ),
        ("4.5e1/25", f"'4.5e1/25': cannot read 'e'; {FORMS}, then optionally bid, tid, eod or K/week, such as 5/week"),
        (
            "45*25",
            "'45*25' can be read as 45 fractions of 25 Gy or as 25 fractions of 45 Gy: write 45fx25Gy or 25fx45Gy",
        ),
        (
            "45Gy/25f/4w",
            "'45Gy/25f/4w': 25 fractions, 5 a week, take 5 weeks, not 4: write how often it is given, such as 7/week",
        ),
        (
            "28.5Gy/5#/5w",
            "'28.5Gy/5#/5w': 5 fractions, 5 a week, take 1 week, not 5: write how often it is given, such as 1/week",
        ),
    ],
)
def test_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(DomainError) as refusal:
        parse(text)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("text", "spacing", "stated"),
    [
        ("54/3", 2, False),
        ("5fx8Gy", 2, False),
        ("50Gy/5f/2w", 2, False),  # every other day takes two weeks
        ("50Gy/5f/1w", 1, True),  # five in one week are on days running
        ("54/3 5/week", 1, True),
        ("25/5", 1, False),  # 5 Gy is not above 5 Gy
        ("8/1", 1, False),
        ("30/5 2/week", 3, True),
        ("28.5/5 1/week", 7, True),
        ("60/8 3/week", 2, True),
        ("40/10 4/week", 1, True),
    ],
)
def test_large_fractions_lie_apart_unless_somebody_says_how_often(text: str, spacing: int, stated: bool) -> None:
    pattern = parse(text).phases[0].pattern
    assert (pattern.spacing, not pattern.assumed) == (spacing, stated)
    assert parse(parse(text).name).phases[0].pattern.spacing == spacing


def test_the_doses_are_those_that_were_typed() -> None:
    """23 times 1.8 is 41.400000000000006 in binary; the decimals that were typed say 41.4."""
    assert parse("23x1.8").total_gy("tumour") == 41.4
    assert parse("4140cGy/23").total_gy("tumour") == 41.4


def test_a_whole_pattern() -> None:
    phase = parse("45.6/38bid").phases[0]
    assert (phase.pattern.fractions_per_day, phase.pattern.weekdays) == (2, ("mon", "tue", "wed", "thu", "fri"))


@pytest.mark.parametrize(
    ("text", "is_notation"),
    [
        ("45/25", True),
        (" 45 / 25", True),
        ("cross", False),
        ("", True),
        ("nan", True),
        ("４５/25", True),
        (".9x5", True),
    ],
)
def test_names_begin_with_a_letter(text: str, is_notation: bool) -> None:
    assert looks_like_notation(text) is is_notation


@pytest.mark.parametrize("text", ["", "45/25", "0", "-1.8", "1,8", "5f", "nan", "1.8 2"])
def test_a_dose_alone(text: str) -> None:
    assert parse_dose("1.8 Gy") == parse_dose("180cGy") == 1.8
    with pytest.raises(DomainError):
        parse_dose(text, "--dose-per-fraction")


counts = st.integers(1, 60)
hundredths = st.integers(100, 2500)


@given(n=counts, dose=hundredths)
def test_every_spelling_of_a_phase_is_the_same_phase(n: int, dose: int) -> None:
    """Units in any place, and each of the four forms, lead to the same fractions."""
    d, total = f"{dose / 100:.2f}", f"{n * dose / 100:.2f}"
    texts = [f"{n}fx{d}Gy", f"{n}x{d}", f"{d}Gyx{n}", f"{n}x{dose}cGy", f"{total}Gy@{d}Gy", f"{total}/{n}fx{d}"]
    readings = {parse(text) for text in texts}
    assert len(readings) == 1
    phase = readings.pop().phases[0]
    assert phase.n_fractions == n
    assert Fraction(phase.totals[0].dose_gy).limit_denominator(100) == Fraction(n * dose, 100)


@given(st.text("0123456789./x×@+ fGycbidwek,-", max_size=14))
def test_a_text_is_read_or_refused_and_its_name_reads_the_same(text: str) -> None:
    try:
        prescription = parse(text)
    except DomainError:
        return
    assert parse(prescription.name) == prescription
    for phase in prescription.phases:
        assert 0.01 <= phase.dose_per_fraction_gy("tumour") <= 100


@given(a=counts, b=counts)
def test_a_bare_pair_of_whole_numbers_is_never_guessed(a: int, b: int) -> None:
    if a == b:
        return
    with pytest.raises(DomainError, match=f"{a} fractions? of {b} Gy or as {b} fractions? of {a} Gy"):
        parse(f"{a}x{b}")


@given(phases=st.lists(st.tuples(counts, hundredths), min_size=1, max_size=4))
def test_phases_add(phases: list[tuple[int, int]]) -> None:
    together = parse(" + ".join(f"{n}fx{d / 100}Gy" for n, d in phases))
    assert [phase.name for phase in together.phases] == [f"phase {i}" for i in range(1, len(phases) + 1)]
    assert together.n_fractions == sum(n for n, _ in phases)
