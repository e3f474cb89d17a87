"""Treatment records read in. Proof: hand-worked deliveries, beam by beam; nothing lost, nothing counted twice."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
import shutil
from pathlib import Path
from typing import Any

import dicom_factory as make
import pytest
from dicom_factory import delivered
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from rtplan.errors import ConfigError
from rtplan.records import dicom

OTHER_UID = generate_uid(entropy_srcs=["other plan"])
D = dt.date.fromisoformat


def read(*paths: Any, targets: Any = ("tumour",), zone: Any = "Europe/London", **wanted: Any) -> Any:
    return dicom.read_record(list(paths), dicom.Wanted(targets=targets, **wanted), zone)


def doses(record: Any) -> Any:
    """Dose of every fraction, by number."""
    found: dict[Any, Any] = {}
    for entry in record.entries:
        found[entry.number] = found.get(entry.number, 0.0) + entry.doses_gy.get("tumour", math.nan)
    return {number: round(dose, 6) for number, dose in found.items()}


def codes(record: Any) -> Any:
    return [note.code for note in record.notes]


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    """A plan with nothing delivered yet."""
    make.plan(tmp_path / "plan.dcm")
    return tmp_path


def add(folder: Any, name: Any, *beams: Any, **more: Any) -> Any:
    return make.record(folder / f"{name}.dcm", list(beams), **more)


# --- whole fractions -------------------------------------------------------------------------------------------------


def test_one_entry_a_beam_and_no_set_up_field(folder: Any) -> None:
    make.fractions(folder, range(1, 6))
    record = read(folder)
    assert record.file == "DICOM record"
    assert len(record.entries) == 10
    assert doses(record) == dict.fromkeys(range(1, 6), 2.0)
    first = record.entries[0]
    assert (first.date, first.time, first.number, first.doses_gy) == (
        D("2026-03-02"),
        dt.time(9, 15),
        1,
        {"tumour": 1.2},
    )
    assert codes(record) == ["dicom-setup-beams", "dicom-dose-by-meterset"]
    assert [entry.line for entry in record.entries] == list(range(1, 11))


def test_the_order_of_files_does_not_matter(folder: Any) -> None:
    make.fractions(folder, range(1, 4))
    files = sorted(folder.iterdir())
    random.Random(1).shuffle(files)
    assert read(*files) == read(folder)


def test_beams_of_one_record_are_one_fraction(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0), delivered(2, 1, 80.0))
    assert doses(read(folder)) == {1: 2.0}


def test_a_copy_counts_once(folder: Any) -> None:
    make.fractions(folder, [1, 2])
    (folder / "copies").mkdir()
    for path in list(folder.glob("*-0.dcm")):
        shutil.copy(path, folder / "copies" / path.name)
    record = read(folder)
    assert doses(record) == {1: 2.0, 2: 2.0}
    assert next(note for note in record.notes if note.code == "dicom-copies").values == {"count": 2}


def test_one_identifier_with_two_contents_is_refused(folder: Any) -> None:
    uid = generate_uid()
    add(folder, "1", delivered(1, 1, 120.0), delivered(2, 1, 80.0), uid=uid)
    add(folder, "2", delivered(1, 2, 120.0), delivered(2, 2, 80.0), uid=uid)
    with pytest.raises(ConfigError, match=r"^2\.dcm: bears the SOPInstanceUID of 1\.dcm, but says something else"):
        read(folder)


def test_meterset_rounded_by_the_machine_is_the_whole_beam(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 119.9, 120.0), delivered(2, 1, 80.1, 80.0))
    assert doses(read(folder)) == {1: 2.0}


# --- parts of fractions ----------------------------------------------------------------------------------------------


def test_a_partial_beam(folder: Any) -> None:
    """60 of 120 MU of the beam of 1.2 Gy, then the machine stopped: 0.6 + 0.8 Gy."""
    stopped = delivered(1, 1, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    add(folder, "1", stopped, delivered(2, 1, 80.0))
    record = read(folder)
    assert doses(record) == {1: 1.4}
    said = next(note for note in record.notes if note.code == "dicom-beam-partial")
    assert said.values == {"percent": 50.0, "status": "MACHINE", "beam": 1, "fraction": 1, "date": "2026-03-02"}


def test_a_beam_never_begun_has_no_record(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0))
    record = read(folder)
    assert doses(record) == {1: 1.2}
    said = next(note for note in record.notes if note.code == "dicom-beam-not-begun")
    assert said.values == {"count": 1, "beams": (2,), "fraction": 1, "date": "2026-03-02"}


def test_a_continuation_is_the_same_fraction(folder: Any) -> None:
    stopped = delivered(1, 1, 60.0, 120.0, TreatmentTerminationStatus="OPERATOR")
    add(folder, "1", stopped, time="0915")
    add(folder, "2", delivered(1, 1, 60.0, TreatmentDeliveryType="CONTINUATION"), time="0940")
    add(folder, "3", delivered(2, 1, 80.0), time="0945")
    record = read(folder)
    assert doses(record) == {1: 2.0}
    assert [entry.status for entry in record.entries] == ["", "", ""]


def test_a_continuation_on_a_later_day_is_the_remainder(folder: Any) -> None:
    stopped = delivered(1, 1, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    add(folder, "1", stopped)
    rest = delivered(1, 1, 60.0, TreatmentDeliveryType="CONTINUATION")
    add(folder, "2", rest, delivered(2, 1, 80.0), date="20260303")
    record = read(folder)
    assert doses(record) == {1: 2.0}
    assert [(entry.date.day, entry.status) for entry in record.entries] == [(2, ""), (3, "remainder"), (3, "remainder")]


def test_a_continuation_that_counts_from_the_start_of_the_beam(folder: Any) -> None:
    stopped = delivered(1, 1, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    add(folder, "1", stopped, delivered(2, 1, 80.0))
    points = [make.item(DeliveredMeterset=60.0), make.item(DeliveredMeterset=120.0)]
    more: dict[str, Any] = {"TreatmentDeliveryType": "CONTINUATION", "ControlPointDeliverySequence": points}
    add(folder, "2", delivered(1, 1, 120.0, **more), time="0940")
    assert doses(read(folder)) == {1: 2.0}


def test_a_beam_that_adds_up_to_too_much_is_refused_with_both_readings(folder: Any) -> None:
    stopped = delivered(1, 1, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    add(folder, "1", stopped, delivered(2, 1, 80.0))
    add(folder, "2", delivered(1, 1, 120.0, TreatmentDeliveryType="CONTINUATION"), time="0940")
    with pytest.raises(
        ConfigError, match=r"beam 1 of fraction 1 on 2026-03-02: 2 deliveries add up to 150 % .* either"
    ):
        read(folder)


def test_one_number_given_twice_is_refused(folder: Any) -> None:
    for name, time in (("1", "0900"), ("2", "1500")):
        add(folder, name, delivered(1, 1, 120.0), delivered(2, 1, 80.0), time=time)
    with pytest.raises(ConfigError, match="add up to 200 %"):
        read(folder)


def test_too_much_in_one_delivery_is_told(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 150.0, 120.0), delivered(2, 1, 80.0))
    record = read(folder)
    assert doses(record) == {1: 2.3}
    assert "dicom-beam-over" in codes(record)


def test_a_fraction_of_nothing_was_missed(folder: Any) -> None:
    more = {"TreatmentTerminationStatus": "MACHINE"}
    add(folder, "1", delivered(1, 1, 0.0, 120.0, **more), delivered(2, 1, 0.0, 80.0, **more))
    record = read(folder)
    assert [(entry.number, entry.doses_gy) for entry in record.entries] == [(1, {"tumour": 0.0})]


def test_a_meterset_that_is_missing(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, None), delivered(2, 1, 80.0))
    assert doses(read(folder)) == {1: 2.0}
    add(folder, "1", delivered(1, 1, None, 120.0, TreatmentTerminationStatus="OPERATOR"), delivered(2, 1, 80.0))
    with pytest.raises(
        ConfigError, match="DeliveredPrimaryMeterset is missing, and TreatmentTerminationStatus is OPER"
    ):
        read(folder)


def test_another_meterset_than_the_plan_s_is_told(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 60.0, 60.0), delivered(2, 1, 80.0))
    record = read(folder)
    assert doses(record) == {1: 1.4}
    assert "dicom-meterset-specified" in codes(record)


# --- doses that the record states ------------------------------------------------------------------------------------


def stating(number: Any, fraction: Any, meterset: Any, dose: Any, reference: Any = 1, **more: Any) -> Any:
    stated = make.item(ReferencedDoseReferenceNumber=reference, CalculatedDoseReferenceDoseValue=dose)
    return delivered(number, fraction, meterset, ReferencedCalculatedDoseReferenceSequence=[stated], **more)


def test_doses_stated_to_the_target_are_taken(folder: Any) -> None:
    add(folder, "1", stating(1, 1, 120.0, 1.19), stating(2, 1, 80.0, 0.82))
    record = read(folder)
    assert doses(record) == {1: 2.01}
    assert next(note for note in record.notes if note.code == "dicom-dose-stated").values == {"number": 1}


def test_doses_stated_to_something_else_are_not(folder: Any) -> None:
    add(folder, "1", stating(1, 1, 120.0, 0.3, reference=7), stating(2, 1, 80.0, 0.2, reference=7))
    record = read(folder)
    assert doses(record) == {1: 2.0}
    assert "dicom-dose-by-meterset" in codes(record)


def test_without_a_plan_a_stated_dose_counts_where_its_reference_is_named(tmp_path: Path) -> None:
    part = {"specified": 120.0, "TreatmentTerminationStatus": "MACHINE"}
    add(tmp_path, "1", stating(1, 1, 60.0, 0.6, **part), stating(2, 1, 80.0, 0.8))
    with pytest.raises(ConfigError, match=r"give the RT Plan .* with --dose-reference 1"):
        read(tmp_path)
    assert doses(read(tmp_path, dose_reference=1)) == {1: 1.4}
    add(tmp_path, "2", stating(1, 2, 120.0, 1.2), date="20260303")
    record = read(tmp_path, dose_reference=1)
    assert doses(record) == {1: 1.4, 2: 1.2}
    assert "dicom-beam-unrecorded" in codes(record)


def test_without_a_plan_a_fraction_over_two_days_has_no_doses(tmp_path: Path) -> None:
    add(tmp_path, "1", delivered(1, 1, 120.0))
    add(tmp_path, "2", delivered(2, 1, 80.0), date="20260303")
    with pytest.raises(ConfigError, match="fraction 1 on 2026-03-02 was given on several days, and metersets alone"):
        read(tmp_path)


# --- no plan beside the records --------------------------------------------------------------------------------------


def test_without_a_plan_whole_fractions_have_the_planned_dose(tmp_path: Path) -> None:
    make.fractions(tmp_path, range(1, 4))
    record = read(tmp_path)
    assert [(entry.number, dict(entry.doses_gy), entry.targets) for entry in record.entries] == [
        (number, {}, ()) for number in (1, 2, 3)
    ]
    assert "dicom-dose-as-planned" in codes(record)


def test_without_a_plan_a_part_is_refused(tmp_path: Path) -> None:
    make.fractions(tmp_path, range(1, 4))
    next(tmp_path.glob("*-002-1.dcm")).unlink()
    with pytest.raises(ConfigError, match=r"fraction 2 on 2026-03-03 was not given as planned \(no record of beam 2\)"):
        read(tmp_path)
    stopped = delivered(1, 1, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    for path in tmp_path.iterdir():
        path.unlink()
    add(tmp_path, "1", stopped)
    with pytest.raises(
        ConfigError, match=r"^1\.dcm: fraction 1 on 2026-03-02 was not given as planned, and metersets alone"
    ):
        read(tmp_path)


def test_several_targets_have_whole_fractions_only(folder: Any) -> None:
    make.fractions(folder, [1, 2])
    record = read(folder, targets=("tumour", "nodes"))
    assert [(entry.number, dict(entry.doses_gy)) for entry in record.entries] == [(1, {}), (2, {})]
    next(folder.glob("*-002-1.dcm")).unlink()
    with pytest.raises(ConfigError, match="the plan has several targets"):
        read(folder, targets=("tumour", "nodes"))


# --- which plan, which patient ---------------------------------------------------------------------------------------


def replanned(folder: Any, **more: Any) -> None:
    make.fractions(folder, range(1, 11))
    make.plan(folder / "second.dcm", uid=OTHER_UID, **more)
    make.fractions(folder, range(1, 6), first=D("2026-03-16"), plan_uid=OTHER_UID)


def test_a_replan_is_counted_on_where_the_plan_says_what_it_follows(folder: Any) -> None:
    replanned(folder, follows=make.PLAN_UID)
    record = read(folder)
    assert doses(record) == dict.fromkeys(range(1, 16), 2.0)
    said = next(note for note in record.notes if note.code == "dicom-replanned")
    assert said.values == {"first": "2026-03-16", "count": 10}
    assert "dicom-plan-before" not in codes(record)
    for path in folder.glob(f"{make.PLAN_UID[-4:]}-*"):
        path.unlink()
    assert "dicom-plan-before" in codes(read(folder))


def test_two_plans_that_say_nothing_of_each_other_are_refused(folder: Any) -> None:
    replanned(folder)
    listed = r"plan 1: 10 fractions, 2026-03-02 to 2026-03-13; plan 2: 5 fractions, 2026-03-16 to 2026-03-20"
    with pytest.raises(ConfigError, match=rf"^the records: are of 2 plans \({listed}\): .*--record-plan"):
        read(folder)
    assert doses(read(folder, plans=(1, 2))) == dict.fromkeys(range(1, 16), 2.0)
    record = read(folder, plans=(1,))
    assert doses(record) == dict.fromkeys(range(1, 11), 2.0)
    said = next(note for note in record.notes if note.code == "dicom-other-plan")
    assert said.values == {"count": 5, "first": "2026-03-16", "last": "2026-03-20"}
    with pytest.raises(ValueError, match="--record-plan 3: the records are of 2 plans"):
        read(folder, plans=(3,))


def test_plans_that_overlap_in_time_do_not_follow_one_another(folder: Any) -> None:
    make.fractions(folder, range(1, 11))
    make.plan(folder / "second.dcm", uid=OTHER_UID, follows=make.PLAN_UID)
    make.fractions(folder, range(1, 6), first=D("2026-03-05"), plan_uid=OTHER_UID)
    with pytest.raises(ConfigError, match="overlap in time"):
        read(folder)


def test_another_plan_s_dose_is_never_used(folder: Any) -> None:
    """Records that name another plan than the one beside them have no dose of it."""
    for path in folder.iterdir():
        path.unlink()
    make.plan(folder / "plan.dcm", uid=OTHER_UID)
    make.fractions(folder, [1, 2])
    assert [dict(entry.doses_gy) for entry in read(folder).entries] == [{}, {}]


def test_records_that_name_no_plan(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0), delivered(2, 1, 80.0), plan_uid="")
    assert "dicom-no-plan-named" in codes(read(folder))
    make.fractions(folder, [2])
    with pytest.raises(ConfigError, match=r"^1\.dcm: names no plan \(ReferencedRTPlanSequence\), but other records do"):
        read(folder)


def test_two_patients_are_refused_without_naming_them(folder: Any) -> None:
    make.fractions(folder, [1])
    (folder / "sub").mkdir()
    add(folder / "sub", "x", delivered(1, 2, 120.0), delivered(2, 2, 80.0), date="20260303", patient="OTHER99")
    with pytest.raises(ConfigError, match=r"is of another patient than .*PatientID differs") as refused:
        read(folder)
    assert not any(word in str(refused.value) for word in (*make.PATIENT, "OTHER99"))


def test_fraction_groups_are_counted_on(folder: Any) -> None:
    groups = [make.group(number, count, [make.in_group(1, 2.0, 100.0)]) for number, count in ((1, 2), (2, 3))]
    make.plan(folder / "plan.dcm", groups=groups, references=[])
    for name, (group, number, day) in enumerate([(1, 1, 2), (1, 2, 3), (2, 1, 4)]):
        add(folder, str(name), delivered(1, number, 100.0), group_number=group, date=f"2026030{day}")
    record = read(folder, phases=("fraction group 1", "fraction group 2"))
    assert [(entry.number, entry.phase) for entry in record.entries] == [
        (1, "fraction group 1"),
        (2, "fraction group 1"),
        (3, "fraction group 2"),
    ]


def test_a_beam_or_group_that_the_plan_does_not_have_is_refused(folder: Any) -> None:
    add(folder, "1", delivered(9, 1, 120.0))
    with pytest.raises(
        ConfigError, match="beam 9 of fraction 1 on 2026-03-02: its RT Plan has no such beam in fraction"
    ):
        read(folder)
    add(folder, "1", delivered(1, 1, 120.0), group_number=4)
    with pytest.raises(ConfigError, match="ReferencedFractionGroupNumber 4 is no group of its RT Plan"):
        read(folder)


# --- day and time ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("09", dt.time(9)),
        ("0915", dt.time(9, 15)),
        ("091530", dt.time(9, 15, 30)),
        ("091530.25", dt.time(9, 15, 30)),
        ("235960", dt.time(23, 59, 59)),
        (None, None),
        ("", None),
    ],
)
def test_times_as_dicom_writes_them(folder: Any, written: Any, time: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0), delivered(2, 1, 80.0), time=written)
    record = read(folder)
    assert [entry.time for entry in record.entries] == [time, time]
    assert ("dicom-no-times" in codes(record)) is (time is None)


def test_the_day_of_the_control_points_comes_first(folder: Any) -> None:
    point = make.item(TreatmentControlPointDate="20260303", TreatmentControlPointTime="000500")
    add(
        folder,
        "1",
        *(delivered(beam, 1, mu, ControlPointDeliverySequence=[point]) for beam, mu in ((1, 120.0), (2, 80.0))),
    )
    assert {(entry.date, entry.time) for entry in read(folder).entries} == {(D("2026-03-03"), dt.time(0, 5))}
    add(folder, "1", delivered(1, 1, 120.0, ControlPointDeliverySequence=[point]), date="20260309")
    with pytest.raises(
        ConfigError, match="TreatmentControlPointDate is 2026-03-03, but TreatmentDate of the record is 2026-03-09"
    ):
        read(folder)


def test_a_delivery_without_a_date_is_refused(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0), date=None)
    with pytest.raises(ConfigError, match=r"^1\.dcm: TreatmentDate is missing"):
        read(folder)


def test_wall_time_is_the_clinic_s_unless_an_offset_is_stated(folder: Any) -> None:
    """23:30 at UTC is half past seven of the next morning in Shanghai."""
    beams = (delivered(1, 1, 120.0), delivered(2, 1, 80.0))
    add(folder, "1", *beams, time="2330")
    assert {(entry.date.day, entry.time) for entry in read(folder, zone="Asia/Shanghai").entries} == {
        (2, dt.time(23, 30))
    }
    add(folder, "1", *beams, time="2330", TimezoneOffsetFromUTC="+0000")
    assert {(entry.date.day, entry.time) for entry in read(folder, zone="Asia/Shanghai").entries} == {
        (3, dt.time(7, 30))
    }


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"date": "20260230"}, "TreatmentDate must be a date YYYYMMDD, got '20260230'"),
        ({"date": "18991230"}, "TreatmentDate must lie from 1951-01-01 to 2097-12-31, got 1899-12-30"),
        ({"time": "2561"}, "TreatmentTime must be a time HHMM or HHMMSS, got '2561'"),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_days_and_times_that_do_not_exist(folder: Any, record: Any, problem: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0), **record)
    with pytest.raises(ConfigError, match=problem):
        read(folder)


def test_without_fraction_numbers_a_day_is_a_fraction(folder: Any) -> None:
    for day in (2, 3):
        add(folder, str(day), delivered(1, None, 120.0), delivered(2, None, 80.0), date=f"2026030{day}")
    record = read(folder)
    assert doses(record) == {None: 4.0}
    assert {entry.date.day for entry in record.entries} == {2, 3}
    add(folder, "4", delivered(1, None, 120.0), date="20260303", time="1500")
    with pytest.raises(
        ConfigError, match="beam 1 of a fraction without number on 2026-03-03: 2 deliveries add up to 200"
    ):
        read(folder)


# --- summaries -------------------------------------------------------------------------------------------------------


def test_a_summary_gives_whole_fractions(tmp_path: Path) -> None:
    make.summary(tmp_path / "s.dcm", [(1, "20260302", "NORMAL"), (2, "20260303", "NORMAL")])
    record = read(tmp_path)
    assert [(entry.number, entry.date.day, entry.time, dict(entry.doses_gy)) for entry in record.entries] == [
        (1, 2, dt.time(9, 15), {}),
        (2, 3, dt.time(9, 15), {}),
    ]
    assert codes(record) == ["dicom-summary-as-planned"]


def test_what_a_summary_does_not_say_is_refused(tmp_path: Path) -> None:
    make.summary(tmp_path / "s.dcm", [(1, "20260302", "NORMAL"), (2, "20260303", "MACHINE")])
    with pytest.raises(
        ConfigError, match=r"fraction 2 on 2026-03-03 ended with TreatmentTerminationStatus MACHINE: a summ"
    ):
        read(tmp_path)
    make.summary(tmp_path / "s.dcm", [(1, "20260302", "NORMAL")], count=7)
    with pytest.raises(ConfigError, match=r"NumberOfFractionsDelivered is 7, but .* lists 1 fractions"):
        read(tmp_path)
    make.summary(tmp_path / "s.dcm", [], count=0)
    with pytest.raises(ConfigError, match="lists no fraction with its date"):
        read(tmp_path)


def test_a_summary_beside_records_counts_nothing_twice(folder: Any) -> None:
    make.fractions(folder, [1, 2])
    make.summary(folder / "s.dcm", [(n, f"2026030{n + 1}", "NORMAL") for n in (1, 2, 3)])
    record = read(folder)
    assert [(entry.number, entry.date.day) for entry in record.entries] == [(1, 2), (1, 2), (2, 3), (2, 3), (3, 4)]
    make.summary(folder / "s.dcm", [(1, "20260309", "NORMAL")])
    with pytest.raises(
        ConfigError, match=r"^s\.dcm: puts fraction 1 on 2026-03-09, the records of its beams on 2026-03"
    ):
        read(folder)


def test_a_summary_that_says_more_than_the_records_is_told(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0))
    make.summary(folder / "s.dcm", [(1, "20260302", "NORMAL")])
    record = read(folder)
    assert doses(record) == {1: 1.2}
    assert "dicom-summary-says-whole" in codes(record)


# --- files -----------------------------------------------------------------------------------------------------------


def test_what_is_left_aside_is_told(folder: Any) -> None:
    make.fractions(folder, [1])
    shutil.copy(str(get_testdata_file("rtdose.dcm")), folder / "dose.dcm")
    (folder / "notes.txt").write_text("ZEBEDEE", encoding="utf-8")
    said = next(note for note in read(folder).notes if note.code == "dicom-left-aside")
    assert [(kind.values["kind"], kind.values["number"]) for kind in said.values["kinds"]] == [
        ("RT Dose Storage", 1),
        ("not DICOM", 1),
    ]


def test_a_folder_without_records_and_a_named_file_that_is_no_dicom(folder: Any) -> None:
    with pytest.raises(ConfigError, match="holds no RT Beams Treatment Record and no RT Treatment Summary Record"):
        read(folder)
    text = folder / "notes.txt"
    text.write_text("ZEBEDEE", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^notes\.txt: is not DICOM"):
        read(folder / "plan.dcm", text)


def test_an_empty_file_or_one_that_cannot_be_opened_is_no_file_left_aside(folder: Any) -> None:
    """It may be a record that was lost on the way."""
    make.fractions(folder, [1])
    (folder / "lost.dcm").touch()
    with pytest.raises(ConfigError, match=r"^lost\.dcm: is not DICOM"):
        read(folder)
    (folder / "lost.dcm").unlink()
    (folder / "lost").symlink_to(folder / "nowhere")
    with pytest.raises(ConfigError, match=r"^lost: no such file"):
        read(folder)
    with pytest.raises(ConfigError, match=r"^none\.dcm: no such file"):
        read(folder / "none.dcm")


def test_a_record_without_a_fraction_group_is_of_the_only_one(folder: Any) -> None:
    add(folder, "1", delivered(1, 1, 120.0), group_number=None)
    add(folder, "2", delivered(2, 1, 80.0))
    assert doses(read(folder)) == {1: 2.0}


def test_only_set_up_fields_are_no_delivery(folder: Any) -> None:
    add(folder, "1", delivered(3, 1, 2.0, TreatmentDeliveryType="SETUP"))
    with pytest.raises(ConfigError, match="holds no delivery of a treatment beam"):
        read(folder)


def test_a_kind_of_delivery_that_is_not_stated(folder: Any, tmp_path_factory: Any) -> None:
    """The plan says what the beam is; without it nothing does."""
    parts = [delivered(beam, 1, mu, TreatmentDeliveryType=None) for beam, mu in ((1, 120.0), (2, 80.0), (3, 2.0))]
    add(folder, "1", *parts)
    assert doses(read(folder)) == {1: 2.0}
    with pytest.raises(ConfigError, match="TreatmentDeliveryType is missing, and there is no RT Plan"):
        read(folder / "1.dcm")


def test_number_and_size_of_files_are_bounded(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.fractions(folder, [1])
    with monkeypatch.context() as bound:
        bound.setattr(dicom, "MOST_BYTES", 1000)
        with pytest.raises(ConfigError, match="holds more than 1000 bytes"):
            read(folder)
    monkeypatch.setattr(dicom, "MOST_FILES", 2)
    with pytest.raises(ConfigError, match="has more than 2 files"):
        read(folder)


@pytest.mark.parametrize("implicit", [True, False])
def test_a_record_cut_off_anywhere_is_refused_or_says_the_same(tmp_path: Path, implicit: Any) -> None:
    path = add(tmp_path, "whole", delivered(1, 1, 120.0), delivered(2, 1, 80.0), implicit=implicit)
    make.plan(tmp_path / "plan.dcm", implicit=implicit)
    whole, data = read(path, tmp_path / "plan.dcm"), path.read_bytes()
    cut = tmp_path / "cut.dcm"
    for length in range(132, len(data), 2):
        cut.write_bytes(data[:length])
        try:
            found = read(cut, tmp_path / "plan.dcm")
        except ConfigError:
            continue
        assert found.entries == whole.entries or "dicom-no-plan-named" in codes(found)


def test_nothing_of_the_patient_is_in_what_is_read(folder: Any) -> None:
    replanned(folder, follows=make.PLAN_UID)
    said = repr(read(folder))
    assert not [word for word in make.PATIENT if word.lower() in said.lower()]


# --- law -------------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(st.floats(0.05, 1.0), min_size=1, max_size=4), seed=st.integers(0, 9))
def test_any_split_of_a_beam_gives_the_same_dose(tmp_path_factory: Any, parts: Any, seed: Any) -> None:
    """A beam interrupted any number of times, its records in any order: the sum of the parts, and no more."""
    folder = tmp_path_factory.mktemp("split")
    make.plan(folder / "plan.dcm")
    total = math.fsum(parts)
    shares = [part / max(total, 1.0) for part in parts]
    whole = total >= 1.0
    files = [add(folder, "other", delivered(2, 1, 80.0), time="1200")]
    for place, share in enumerate(shares):
        last = place == len(shares) - 1
        more = {
            "TreatmentDeliveryType": "CONTINUATION" if place else "TREATMENT",
            "TreatmentTerminationStatus": "NORMAL" if last and whole else "MACHINE",
        }
        files.append(add(folder, f"p{place}", delivered(1, 1, 120.0 * share, 120.0, **more), time=f"09{place:02}"))
    random.Random(seed).shuffle(files)
    record = read(folder / "plan.dcm", *files)
    assert math.fsum(
        itertools.chain.from_iterable(entry.doses_gy.values() for entry in record.entries)
    ) == pytest.approx(0.8 + 1.2 * min(total, 1.0), abs=0.013)
