"""Option stacks shared by the commands, and the types of their values."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rtplan.cli.completion import names_of
from rtplan.errors import DomainError, NoClinicError, QuestionError, RtplanError, count_of, shown, visible
from rtplan.report.language import languages

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from rtplan.answer import Answer
    from rtplan.note import Note

__all__ = [
    "CLINIC",
    "DATE",
    "Command",
    "Patience",
    "command_line",
    "draw_options",
    "emit",
    "file_options",
    "output_options",
    "patient_options",
    "question",
    "range_option",
    "site_option",
    "tissue_options",
    "where_options",
]

F = TypeVar("F", bound=Callable[..., Any])


class Command(click.Command):
    """A command that takes its words at their value: an empty one never means the default, the last never wins."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # the shell asks how a line could go on: nothing is refused
            return super().parse_args(ctx, args)
        try:
            given, _, order = self.make_parser(ctx).parse_args(list(args))
        except click.NoSuchOption as error:
            _refuse_negative(error, args)
            raise
        for param in dict.fromkeys(order):
            name = max(param.opts, key=len) if isinstance(param, click.Option) else param.make_metavar(ctx).strip("[].")
            value = given.get(param.name or "")
            texts = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(text, str) and not text.strip() for text in texts):
                raise click.UsageError(f"{name} must not be empty", ctx)
            if not isinstance(param, click.Option) or param.multiple or param.is_flag:
                continue
            if order.count(param) > 1:
                raise click.UsageError(f"{name} is given more than once: it takes one value", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; arguments that do not make one question are a mistake of use."""
        try:
            return super().invoke(ctx)
        except NoClinicError as error:
            from rtplan.cli.settings import which_clinic

            raise click.UsageError(which_clinic(error.what), ctx) from None
        except QuestionError as error:
            raise click.UsageError(str(error), ctx) from None


def _refuse_negative(error: click.NoSuchOption, args: Sequence[str]) -> None:
    """A regimen with a minus sign is refused as a dose, and not as an option that does not exist."""
    negative = re.match(r"-[0-9.]", error.option_name)
    for word in args:
        if negative and word.startswith(error.option_name):
            from rtplan.prescription import notation

            notation.parse(word)


MOST_CYCLES = 9999
"""The highest number of a cycle that is read. Design default."""

MOST_DAYS = 365
"""Days that a cycle may be put off, and that the chemotherapy may lie from the fractions. Design default."""


class DateType(click.ParamType[dt.date]):
    """An ISO date that exists, in the years for which there are calendars."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        from rtplan.clinic.days import parse_date
        from rtplan.planning.resolve import EARLIEST, LATEST

        if isinstance(value, dt.date):
            return value
        try:
            date = parse_date(str(value))
        except RtplanError as error:
            self.fail(str(error), param, ctx)
        if not EARLIEST <= date <= LATEST:
            self.fail(f"must lie from {EARLIEST} to {LATEST}, got {date}", param, ctx)
        return date


class StampType(click.ParamType[dt.datetime]):
    """An ISO moment with its time zone."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"must be an ISO moment such as 2026-02-01T09:00:00+08:00, got {value!r}", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


class TimeType(click.ParamType[tuple[dt.time, ...]]):
    """Clock times of a day's fractions, separated by commas."""

    name = "HH:MM[,HH:MM]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[dt.time, ...]:
        try:
            times = tuple(dt.time.fromisoformat(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"must be times such as 09:00,15:30, got {value!r}", param, ctx)
        if list(times) != sorted(set(times)):
            self.fail(f"must rise through the day, got {value!r}", param, ctx)
        return times


class DelayType(click.ParamType[tuple[int, int]]):
    """A cycle and the days it is put off: 2=7."""

    name = "CYCLE=DAYS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        cycle, _, days = str(value).partition("=")
        number, put_off = count_of(cycle, MOST_CYCLES), count_of(days, MOST_DAYS)
        if not number or not days.isdecimal():
            self.fail(f"must be a cycle from 1 on and days from 0 on, such as 2=7, got {shown(value)}", param, ctx)
        if put_off is None:
            self.fail(f"puts a cycle off by at most {MOST_DAYS} days, got {shown(value)}", param, ctx)
        return number, put_off


class AlignType(click.ParamType[str]):
    """Where the chemotherapy lies beside the fractions, at a distance that a course can have."""

    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        kind, _, text = str(value).partition("=")
        if kind in ("start", "after") and text.isdecimal() and count_of(text, MOST_DAYS) is None:
            self.fail(f"takes at most {MOST_DAYS} days, got {shown(value)}", param, ctx)
        if kind == "date":
            DATE.convert(text, param, ctx)
        return str(value)


class ClinicType(click.ParamType[str]):
    """A clinic; country codes are written in capitals."""

    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if re.fullmatch(r"[A-Za-z]{2}(-[A-Za-z]{2,3})?", text) and text != text.upper():
            self.fail(f"there is no clinic {text!r}; did you mean the country code {text.upper()}?", param, ctx)
        return text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return names_of("clinics")(ctx, param, incomplete)


class AlphaBetaType(click.ParamType[tuple[float, ...]]):
    """One α/β in Gy that tissue can have, or several with commas between them."""

    name = "FLOAT[,FLOAT]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        return tuple(self._one(part, param, ctx) for part in str(value).split(","))

    def _one(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from rtplan.planning.regions import HIGHEST_ALPHA_BETA as high
        from rtplan.planning.regions import LOWEST_ALPHA_BETA as low

        try:
            number = float(text)
        except ValueError:
            self.fail(f"{text!r} is not a valid float.", param, ctx)
        if not low <= number <= high:
            raise DomainError(f"--alpha-beta must lie from {low:g} to {high:g} Gy, got {text}")
        return float(number)


def _flat(_: click.Context, __: click.Parameter, value: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(number for numbers in value for number in numbers)


class PeriodsType(click.ParamType[Any]):
    """Periods after the course, separated by commas."""

    name = "PERIOD[,PERIOD]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from rtplan.planning.follow_up import periods

        try:
            return periods(value) if isinstance(value, str) else value
        except RtplanError as error:
            self.fail(str(error), param, ctx)


CLINIC = ClinicType()


def site_option(function: F) -> F:
    """The site of the tumour."""
    text = (
        "Site of the tumour, a name of `rtplan list sites`: tumour set, category, ceiling and intervals where nobody "
        "states others. Default: the protocol's own, the user's settings."
    )
    option = click.option("--site", metavar="NAME", shell_complete=names_of("sites"), help=text)
    return option(function)


DATE = DateType()


def _stack(function: F, options: list[Callable[[F], F]]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def where_options(function: F) -> F:
    """Clinic, calendar and alignment."""
    return _stack(
        function,
        [
            click.option(
                "--clinic",
                type=CLINIC,
                help="A shipped clinic, a path, or a country code such as GB-ENG. Default: RTPLAN_CLINIC, the user's "
                "settings, the protocol's own.",
            ),
            click.option(
                "--worked-weekends",
                type=click.Choice(["yes", "no"]),
                help="Does the clinic treat on worked weekends? Default: as its file says.",
            ),
            click.option("--week", help="Weekdays the clinic works on, such as mon-sat. Default: as its file says."),
            click.option(
                "--matched-machine", is_flag=True, help="Treat on a matched machine where the first is closed."
            ),
            click.option(
                "--chemo",
                shell_complete=names_of("chemo"),
                help="Chemotherapy protocol: a shipped name, a path, or none.",
            ),
            click.option(
                "--align",
                type=AlignType(),
                help="cycle=N, before, start=DAYS (after fraction 1), after=DAYS (after the last) or date=DATE.",
            ),
            click.option(
                "--cycle-policy",
                type=click.Choice(["reanchor", "keep-grid", "nearest-open"]),
                help="What later cycles do when one had to move.",
            ),
            click.option(
                "--delay-cycle",
                type=DelayType(),
                multiple=True,
                help="Put a cycle off (toxicity), such as 2=7; later cycles follow.",
            ),
            click.option("--category", type=click.IntRange(1, 3), help="Tumour category, for the prolongation limit."),
            click.option("--no-start-rules", is_flag=True, help="Palliative or emergency course: no start rules."),
            click.option("--times", type=TimeType(), help="Clock times of a day's fractions, such as 09:00,15:30."),
            click.option("--no-provisional", is_flag=True, help="Refuse dates that are not officially announced."),
            click.option("--strict-rules", is_flag=True, help="Refuse what breaks a rule."),
        ],
    )


def tissue_options(function: F) -> F:
    """Tissues and regions."""
    return _stack(
        function,
        [
            click.option(
                "--tissue",
                multiple=True,
                shell_complete=names_of("tissues"),
                help="A tissue of `rtplan list tissues`; may be repeated.",
            ),
            click.option(
                "--alpha-beta",
                type=AlphaBetaType(),
                multiple=True,
                callback=_flat,
                help="α/β in Gy, from 0.1 to 100, without time factor: 10 or 10,3; repeatable.",
            ),
            click.option("--region", multiple=True, help='An organ with its dose, such as "spinal cord=42.3Gy Dmax".'),
            click.option("--tissue-file", help="A TOML file that adds tissues or overrides shipped ones."),
        ],
    )


def range_option(function: F) -> F:
    """Parameter sets side by side, and the ends of published intervals."""
    text = "Also the ends of published intervals, and the tumour under each parameter set, side by side."
    return _stack(function, [click.option("--range", "ranges", is_flag=True, help=text)])


def draw_options(function: F) -> F:
    """Parameters drawn from their published intervals."""
    text = "Draw the parameters so many times from their published intervals: spreads and probabilities."
    return _stack(
        function,
        [
            click.option("--draws", type=int, metavar="N", help=text),
            click.option(
                "--seed", type=int, default=0, show_default=True, help="Of the draws: the same seed, the same."
            ),
        ],
    )


def output_options(function: F) -> F:
    """Where and how the answer is written."""
    return _stack(
        function,
        [
            click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
            click.option("--csv", "as_csv", is_flag=True, help="One CSV table on stdout."),
            click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write files to."),
            click.option("--only", help="Which files to write, such as html,ics."),
            click.option("--force", is_flag=True, help="Overwrite existing files."),
            click.option("--stamp", type=StampType(), help="Moment to write into files instead of the clock's."),
            click.option("--full", is_flag=True, help="All there is, not one screen; reports with every detail."),
        ],
    )


LANGUAGES = languages()
"""Of what people read. A test holds that these are the ones there are words for."""


def file_options(function: F) -> F:
    """How the files of --out look."""
    return _stack(
        function,
        [
            click.option(
                "--language",
                type=click.Choice(LANGUAGES, case_sensitive=False),
                help="Language of what people read: the terminal, or the files of --out. Default: en.",
            ),
            click.option("--plots", is_flag=True, help="Figures as PNG files too, with --out."),
        ],
    )


class Patience:
    """A progress bar on stderr, once two seconds have gone by, and only where somebody looks at a terminal."""

    def __init__(self, after_s: float = 2.0) -> None:
        self._begun, self._after = time.monotonic(), after_s
        self._bar: Any = None

    def __enter__(self) -> Patience:
        return self

    def __call__(self, name: str, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._begun < self._after or not sys.stderr.isatty():
                return
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("")
            self._bar.start()
        self._bar.update(self._task, description=name, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


_OUTPUT = (
    "as_json",
    "as_csv",
    "out",
    "only",
    "force",
    "language",
    "plots",
    "patient_doses",
    "follow_up",
    "choose",
    "full",
)


def patient_options(function: F) -> F:
    """What the patient's files show besides days of treatment."""
    text = "Visits after the last fraction, such as 6w,3m,1y, in the patient's calendar and calendar.ics, with --out."
    return _stack(
        function,
        [
            click.option("--patient-doses", is_flag=True, help="Show doses in the patient's calendar too, with --out."),
            click.option("--follow-up", type=PeriodsType(), help=text),
        ],
    )


def question(options: dict[str, Any], *without: str) -> dict[str, Any]:
    """The options that ask, as the function of the front door takes them; those that say how to write are left out."""
    asked = {name: value for name, value in options.items() if name not in (*_OUTPUT, *without)}
    return {name: () if value is None and name == "times" else value for name, value in asked.items()}


def command_line() -> str:
    """The command as it was typed, paths shortened to file names."""
    context = click.get_current_context()
    words: list[str] = context.meta.get("rtplan.words", [])
    return " ".join(["rtplan", *map(_without_folder, words, ["", *words])])


def _without_folder(word: str, before: str) -> str:
    """A word of the command line, paths shortened to their last part: folders can name people, DICOM files too."""
    from rtplan.records.dicom_file import is_dicom

    option, sign, value = word.rpartition("=") if word.startswith("--") else ("", "", word)
    path = Path(value)
    if is_dicom(path) or ((option or before) == "--record" and path.is_dir()):
        return option + sign + "DICOM"
    return (
        option + sign + (path.name if path.is_absolute() or (len(path.parts) > 1 and os.path.exists(path)) else value)
    )


def emit(
    answer: Answer,
    options: dict[str, Any],
    *,
    notes: Sequence[Note] | None = None,
    written: Answer | None = None,
    previous: Answer | None = None,
    sheet: Answer | None = None,
) -> None:
    """Write an answer: JSON or CSV alone on stdout, files into --out, else sections on the terminal.

    Where the terminal shows no sections, warnings and broken rules stand on stderr: nobody has to open a file to learn
    of them. notes: what to warn of. Default: the notes of the answer. written: whose files --out holds. Default: the
    answer's. previous: the plan before the one that is written. sheet: an answer whose report to sign goes with them.
    """
    if options.get("as_json") and options.get("as_csv"):
        raise click.UsageError("--json and --csv do not go together: choose one")
    for name in ("only", "plots", "patient_doses", "follow_up"):
        if options.get(name) and not options.get("out"):
            raise click.UsageError(f"--{name.replace('_', '-')} goes with --out")
    if options.get("language") and (options.get("as_json") or options.get("as_csv")) and not options.get("out"):
        raise click.UsageError("--language is for what people read: the terminal, or the files of --out")
    if "language" in options and not options["language"]:
        from rtplan.cli.settings import language

        if options.get("out") or not (options.get("as_json") or options.get("as_csv")):
            options = {**options, "language": language()}
    if options.get("out"):
        _write_out(written or answer, options, previous, sheet)
    if options.get("as_json"):
        from rtplan.report.formats.json import dumps

        click.echo(dumps(answer.document()), nl=False)
    elif options.get("as_csv"):
        click.echo(_csv(answer), nl=False)
    elif not options.get("out"):
        from rtplan.report.formats.terminal import render
        from rtplan.report.language import words
        from rtplan.report.registry import View, report

        view: View = "full" if options.get("full") else "screen"
        render(report(answer, words(options.get("language") or "en"), view), sys.stdout)
        return
    _warn(answer.notes if notes is None else notes)


_WARNINGS = {"warning": "warning", "violation": "RULE BROKEN"}


def _warn(notes: Sequence[Note]) -> None:
    """Warnings and broken rules on stderr, each on one line and once."""
    from rtplan.report.sentences import loudness, sentence

    shown = [note for note in notes if loudness(note) in _WARNINGS]
    for line in dict.fromkeys(f"{_WARNINGS[loudness(note)]}: {' '.join(sentence(note).split())}" for note in shown):
        click.echo(visible(line), err=True)


def _write_out(
    answer: Answer, options: dict[str, Any], previous: Answer | None = None, sheet: Answer | None = None
) -> None:
    from rtplan.report.formats import bundle
    from rtplan.report.formats.files import write_files

    wanted = [part.strip() for part in options["only"].split(",")] if options.get("only") else None
    try:
        bundle.check(answer, wanted)
    except RtplanError as error:
        raise click.UsageError(str(error)) from None
    with Patience() as step:
        contents = bundle.files(
            answer,
            wanted,
            language=options.get("language") or "en",
            patient_doses=bool(options.get("patient_doses")),
            follow_up=options.get("follow_up") or (),
            plots=bool(options.get("plots")),
            stamp=options.get("stamp"),
            full=bool(options.get("full")),
            previous=previous,
            sheet=sheet,
            step=step,
        )
    for path in write_files(options["out"], contents, force=bool(options.get("force"))):
        click.echo(visible(str(path)), err=True)


def _csv(answer: Answer) -> str:
    from rtplan.report.blocks import Table
    from rtplan.report.formats.csv import to_csv
    from rtplan.report.registry import face, report

    blocks = [block for section in report(answer).sections for block in section.blocks]
    name = face(answer).table
    return to_csv(next(block for block in blocks if isinstance(block, Table) and block.name == name))
