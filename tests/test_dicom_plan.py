"""RT Plans read in. Proof: the plan that pydicom ships, and hand-worked plans for every way a dose can be stated."""

from __future__ import annotations

import builtins
import datetime as dt
import re
from pathlib import Path
from typing import Any

import dicom_factory as make
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from rtplan.errors import ConfigError
from rtplan.records import dicom

TWO_BEAMS = (make.in_group(1, 1.2, 120.0), make.in_group(2, 0.8, 80.0))


@pytest.fixture
def path(tmp_path: Path) -> Any:
    return tmp_path / "plan.dcm"


def phases(read: Any) -> Any:
    return [(phase.n_fractions, phase.total_gy("tumour")) for phase in read.protocol.prescription.phases]


def codes(read: Any) -> Any:
    return [note.code for note in read.notes]


def two_targets(*doses: Any) -> Any:
    return [make.reference(number, dose) for number, dose in enumerate(doses, start=1)]


def test_the_plan_that_pydicom_ships() -> None:
    read = dicom.protocol_of(str(get_testdata_file("rtplan.dcm")))
    assert phases(read) == [(30, 30.826203)]
    assert codes(read) == ["dicom-no-pattern"]


@pytest.mark.parametrize("implicit", [True, False])
def test_prescribed_dose_and_beams_agree(path: Any, implicit: Any) -> None:
    read = dicom.protocol_of(make.plan(path, implicit=implicit))
    assert phases(read) == [(30, 60.0)]
    assert codes(read) == ["dicom-no-pattern"]


def test_several_targets_are_refused_by_number_and_dose(path: Any) -> None:
    make.plan(path, references=two_targets(60.0, 54.0))
    with pytest.raises(ConfigError, match=r"plan\.dcm: has several .* TARGET: 1 \(60 Gy\), 2 \(54 Gy\); .*--dose-ref"):
        dicom.protocol_of(path)
    read = dicom.protocol_of(path, 2)
    assert phases(read) == [(30, 54.0)]
    assert "dicom-doses-differ" in codes(read)  # the beams give 60 Gy
    with pytest.raises(ConfigError, match=r"dose reference 3 is no TARGET of the plan: its targets are 1"):
        dicom.protocol_of(path, 3)


def test_several_targets_of_one_dose_are_refused_too(path: Any) -> None:
    with pytest.raises(ConfigError, match="several dose references"):
        dicom.protocol_of(make.plan(path, references=two_targets(60.0, 60.0)))


def test_the_only_target_with_a_dose_is_taken_and_said(path: Any) -> None:
    read = dicom.protocol_of(make.plan(path, references=two_targets(None, 60.0)))
    assert phases(read) == [(30, 60.0)]
    assert read.notes[0].values == {"number": 2, "count": 1, "others": (1,)}


def test_an_organ_is_never_the_target_whatever_its_structure(path: Any) -> None:
    """The type of a reference decides, not whether it is a point, a volume or a site."""
    organs = [make.reference(n, 70.0, "ORGAN_AT_RISK", kind) for n, kind in ((2, "VOLUME"), (3, "SITE"))]
    for structure in ("POINT", "COORDINATES", "VOLUME", "SITE"):
        target = make.reference(1, 60.0, structure=structure)
        assert phases(dicom.protocol_of(make.plan(path, references=[organs[0], target, organs[1]]))) == [(30, 60.0)]
    with pytest.raises(ConfigError, match="dose reference 2 is no TARGET"):
        dicom.protocol_of(path, 2)


def test_a_missing_prescribed_dose_is_the_sum_of_beam_doses(path: Any) -> None:
    for references in ([make.reference(1, None)], [], [make.reference(1, 70.0, "ORGAN_AT_RISK")]):
        read = dicom.protocol_of(make.plan(path, references=references))
        assert phases(read) == [(30, 60.0)]
        assert codes(read) == ["dicom-dose-from-beams", "dicom-no-pattern"]
        assert read.notes[0].values["dose_per_fraction_gy"] == pytest.approx(2.0)


def test_a_missing_beam_dose(path: Any) -> None:
    beams = [make.group(1, 30, [make.in_group(1, 1.2), make.in_group(2, None)])]
    read = dicom.protocol_of(make.plan(path, groups=beams))
    assert phases(read) == [(30, 60.0)]
    assert codes(read) == ["dicom-not-compared", "dicom-no-pattern"]
    with pytest.raises(
        ConfigError, match="TargetPrescriptionDose is not stated for it, and BeamDose of beams 2 is mis"
    ):
        dicom.protocol_of(make.plan(path, groups=beams, references=[make.reference(1, None)]))


@pytest.mark.parametrize(("dose", "said"), [(60.5, False), (60.7, True), (59.3, True)])
def test_doses_that_differ_by_more_than_a_hundredth_are_said(path: Any, dose: Any, said: Any) -> None:
    read = dicom.protocol_of(make.plan(path, references=[make.reference(1, dose)]))
    assert phases(read) == [(30, dose)]
    assert ("dicom-doses-differ" in codes(read)) is said


def test_doses_that_cannot_both_be_meant_are_a_violation(path: Any) -> None:
    """A replanned rest of 20 fractions that still bears the whole course's 60 Gy: 3 Gy a fraction is not meant."""
    read = dicom.protocol_of(make.plan(path, groups=[make.group(1, 20, TWO_BEAMS)]))
    said = next(note for note in read.notes if note.code == "dicom-doses-differ")
    assert said.severity == "violation"
    assert said.values["beams_gy"] == pytest.approx(40.0)


def test_set_up_beams_give_no_dose(path: Any) -> None:
    listed = [*TWO_BEAMS, make.in_group(3, 0.3, 5.0)]
    read = dicom.protocol_of(make.plan(path, groups=[make.group(1, 30, listed)], references=[]))
    assert phases(read) == [(30, 60.0)]


def test_a_beam_of_unstated_kind_without_dose_and_meterset_is_no_treatment_beam(path: Any) -> None:
    beams = [make.beam(1, None), make.beam(2, None), make.beam(3, None)]
    assert phases(dicom.protocol_of(make.plan(path, beams=beams, references=[]))) == [(30, 60.0)]


def test_beam_doses_to_several_references(path: Any) -> None:
    """A beam's dose counts for the reference that it is stated to; a coefficient says what another one gets of it."""
    uids = [generate_uid(entropy_srcs=[name]) for name in "ab"]
    references = [make.reference(1, None, uid=uids[0]), make.reference(2, 60.0, uid=uids[1])]
    listed = [make.in_group(1, 1.2, ReferencedDoseReferenceUID=uids[0]), make.in_group(2, 0.8)]
    groups = [make.group(1, 30, listed)]
    read = dicom.protocol_of(make.plan(path, references=references, groups=groups))
    assert "dicom-not-compared" in codes(read)
    with pytest.raises(ConfigError, match="is stated to another dose reference"):
        dicom.protocol_of(make.plan(path, references=[references[0], make.reference(2, None)], groups=groups), 2)
    beams = [make.beam(1, coefficients=[(1, 1.0), (2, 0.5)]), make.beam(2, coefficients=[(2, 1.0)]), make.beam(3)]
    bare = [references[0], make.reference(2, None, uid=uids[1])]
    read = dicom.protocol_of(make.plan(path, references=bare, groups=groups, beams=beams), 2)
    assert phases(read) == [(30, pytest.approx(30 * (0.6 + 0.8)))]


def test_doses_at_different_points_do_not_add_up(path: Any) -> None:
    listed = [
        make.in_group(1, 1.2, BeamDoseSpecificationPoint=[0, 0, 0]),
        make.in_group(2, 0.8, BeamDoseSpecificationPoint=[0, 0, 40]),
    ]
    groups = [make.group(1, 30, listed)]
    assert "dicom-not-compared" in codes(dicom.protocol_of(make.plan(path, groups=groups)))
    with pytest.raises(ConfigError, match="state BeamDose at different points"):
        dicom.protocol_of(make.plan(path, groups=groups, references=[]))


def test_an_effective_dose_is_not_added(path: Any) -> None:
    listed = [make.in_group(1, 2.0, BeamDoseType="EFFECTIVE")]
    with pytest.raises(ConfigError, match="is EFFECTIVE, not PHYSICAL"):
        dicom.protocol_of(make.plan(path, groups=[make.group(1, 30, listed)], references=[]))


def groups_of(*doses: Any, own: Any = ()) -> Any:
    """Fraction groups of 25 and 5 fractions, one beam each."""
    made = []
    for number, (count, dose) in enumerate(zip((25, 5), doses, strict=True), start=1):
        more = {}
        if own:
            prescribed = make.item(ReferencedDoseReferenceNumber=1, TargetPrescriptionDose=own[number - 1])
            more["ReferencedDoseReferenceSequence"] = [prescribed]
        made.append(make.group(number, count, [make.in_group(number, dose)], **more))
    return made


def test_several_fraction_groups(path: Any) -> None:
    read = dicom.protocol_of(make.plan(path, groups=groups_of(2.0, 2.0)))
    assert phases(read) == [(25, 50.0), (5, 10.0)]
    assert [phase.name for phase in read.protocol.prescription.phases] == ["fraction group 1", "fraction group 2"]
    assert codes(read).count("dicom-dose-from-beams") == 2
    assert "dicom-groups-in-order" in codes(read)
    read = dicom.protocol_of(make.plan(path, groups=groups_of(None, None, own=(50.0, 10.0))))
    assert phases(read) == [(25, 50.0), (5, 10.0)]


def test_several_fraction_groups_without_doses_of_their_own_are_refused(path: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        dicom.protocol_of(make.plan(path, groups=groups_of(2.0, None)))
    assert str(refused.value).startswith("plan.dcm: fraction group 2 has no dose of its own")
    with pytest.raises(ConfigError, match=r"give 65 Gy together, but TargetPrescriptionDose of dose reference 1 is 60"):
        dicom.protocol_of(make.plan(path, groups=groups_of(2.0, 3.0)))


def test_a_group_and_the_plan_that_contradict_each_other_are_refused(path: Any) -> None:
    own = make.item(ReferencedDoseReferenceNumber=1, TargetPrescriptionDose=50.0)
    groups = [make.group(1, 30, TWO_BEAMS, ReferencedDoseReferenceSequence=[own])]
    with pytest.raises(ConfigError, match="is 60 Gy in DoseReferenceSequence, but 50 Gy in fraction group 1"):
        dicom.protocol_of(make.plan(path, groups=groups))


@pytest.mark.parametrize(
    ("digits", "weeks", "pattern", "days", "a_day", "twice"),
    [
        (1, 1, "1111100", "mon tue wed thu fri", 1, ""),
        (1, 1, "1010100", "mon wed fri", 1, ""),
        (2, 1, "11111111110000", "mon tue wed thu fri", 2, ""),
        (2, 1, "10101010110000", "mon tue wed thu fri", 1, "fri"),
        (1, 2, "11111001111100", "mon tue wed thu fri", 1, ""),
    ],
)
def test_the_weekly_pattern(
    path: Any, digits: Any, weeks: Any, pattern: Any, days: Any, a_day: Any, twice: Any
) -> None:
    more = {
        "NumberOfFractionPatternDigitsPerDay": digits,
        "RepeatFractionCycleLength": weeks,
        "FractionPattern": pattern,
    }
    read = dicom.protocol_of(make.plan(path, groups=[make.group(1, 30, TWO_BEAMS, **more)]))
    found = read.protocol.prescription.phases[0].pattern
    assert (" ".join(found.weekdays), found.fractions_per_day, " ".join(found.twice_daily_weekdays)) == (
        days,
        a_day,
        twice,
    )
    assert codes(read) == []


@pytest.mark.parametrize(
    ("weeks", "pattern", "problem"),
    [
        (1, "11111", "must be 7 signs 0 and 1"),
        (1, "0000000", "one of them 1 at least"),
        (1, "1111x00", "must be 7 signs"),
        (2, "11111001010100", "2 weeks that differ"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused(path: Any, weeks: Any, pattern: Any, problem: Any) -> None:
    more = {
        "NumberOfFractionPatternDigitsPerDay": 1,
        "RepeatFractionCycleLength": weeks,
        "FractionPattern": pattern,
    }
    with pytest.raises(ConfigError, match=problem):
        dicom.protocol_of(make.plan(path, groups=[make.group(1, 30, TWO_BEAMS, **more)]))


# --- files that are not as they should be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("rtplan_truncated.dcm", "is cut off"),
        ("rtdose.dcm", "holds RT Dose Storage, not RT Plan"),
        ("CT_small.dcm", "holds CT Image Storage, not RT Plan"),
        ("no_meta.dcm", "is not DICOM: there is no DICM at byte 128"),
        ("README.txt", "is not DICOM"),
    ],
)
def test_the_wrong_files_that_pydicom_ships(name: Any, problem: Any) -> None:
    with pytest.raises(ConfigError, match=rf"^{re.escape(name)}: .*{problem}"):
        dicom.protocol_of(str(get_testdata_file(name)))


def outcome(path: Any) -> Any:
    """What is read, or the sentence that refuses it."""
    try:
        return dicom.protocol_of(path)
    except ConfigError as error:
        return str(error)


@pytest.mark.parametrize(("implicit", "step"), [(True, 1), (False, 3)])
def test_a_file_cut_off_anywhere_gives_no_other_plan(path: Any, implicit: Any, step: Any) -> None:
    """At every byte: refused, or read as before because only what nothing is read of was lost."""
    data = make.plan(path, implicit=implicit).read_bytes()
    whole = dicom.protocol_of(path)
    cut = path.with_name("cut.dcm")
    for length in range(0, len(data), step):
        cut.write_bytes(data[:length])
        found = outcome(cut)
        assert found == whole or str(found).startswith("cut.dcm: ")


def test_damaged_bytes_give_a_refusal_and_never_a_traceback(path: Any) -> None:
    data = bytearray(make.plan(path).read_bytes())
    for place in range(132, len(data), 4):
        worse = bytearray(data)
        worse[place] ^= 0xFF
        path.write_bytes(worse)
        found = str(outcome(path))
        assert found.startswith(("plan.dcm: ", "DicomProtocol("))
        assert not any(word in found for word in make.PATIENT)


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        ({"NumberOfFractionsPlanned": 0}, r"FractionGroupSequence\[1\]\.NumberOfFractionsPlanned must be a whole num"),
        ({"NumberOfFractionsPlanned": None}, r"NumberOfFractionsPlanned is missing"),
        ({"NumberOfBeams": 4}, r"NumberOfBeams is 4, but ReferencedBeamSequence has 2 items"),
        ({"NumberOfBrachyApplicationSetups": 1}, "is a brachytherapy group"),
        ({"FractionGroupNumber": None}, "FractionGroupNumber is missing"),
    ],
)
def test_attributes_out_of_bounds_are_named(path: Any, group: Any, problem: Any) -> None:
    made = make.group(1, 30, TWO_BEAMS)
    for keyword, value in group.items():
        setattr(made, keyword, value)
    with pytest.raises(ConfigError, match=problem):
        dicom.protocol_of(make.plan(path, groups=[made]))


def test_a_dose_in_cgy_is_seen(path: Any) -> None:
    with pytest.raises(ConfigError, match="must be a number from 0 to 1000, got '6000"):
        dicom.protocol_of(make.plan(path, references=[make.reference(1, 6000.0)]))
    with pytest.raises(ConfigError, match="is it 2 Gy, written in cGy"):
        dicom.protocol_of(
            make.plan(path, references=[make.reference(1, 1000.0)], groups=[make.group(1, 5, [make.in_group(1, 2.0)])])
        )


def test_text_where_a_number_should_be_is_not_repeated(path: Any) -> None:
    make.plan(path)
    path.write_bytes(path.read_bytes().replace(b"1.2 ", b"ZEB "))
    with pytest.raises(ConfigError, match=r"BeamDose must be a number from 0 to 1000, got another text"):
        dicom.protocol_of(path)


def test_sizes_are_bounded(path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.plan(path)
    monkeypatch.setattr("rtplan.records.dicom_file.MAX_BYTES", 100)
    with pytest.raises(ConfigError, match=r"^plan\.dcm: is larger than 100 bytes"):
        dicom.protocol_of(path)


def test_nesting_is_bounded(path: Any) -> None:
    nested = make.item(DoseReferenceNumber=1)
    for _ in range(40):
        nested = make.item(DoseReferenceSequence=[nested])
    make.save(path, make.PLAN, nested)
    with pytest.raises(ConfigError, match="nested deeper than 12"):
        dicom.protocol_of(path)


def test_without_pydicom_one_sentence_says_what_to_install(path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.plan(path)
    bare = builtins.__import__

    def without(name: Any, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "pydicom":
            raise ImportError(name)
        return bare(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"install rtplan\[dicom\]"):
        dicom.protocol_of(path)


def test_detection(path: Any) -> None:
    make.plan(path)
    bare = path.rename(path.with_name("plan"))
    assert dicom.is_plan_file(str(bare))
    assert dicom.is_plan_file("no/such/PLAN.DCM")
    assert not dicom.is_plan_file("70/35")
    with pytest.raises(ConfigError, match=r"^PLAN\.DCM: no such file"):
        dicom.protocol_of(Path("no/such/PLAN.DCM"))


def test_nothing_of_the_patient_is_in_what_is_read(path: Any) -> None:
    read = repr(dicom.protocol_of(make.plan(path)))
    assert not [word for word in make.PATIENT if word.lower() in read.lower()]
    assert dt.date(1961, 2, 3).isoformat() not in read
