"""What every command shares: common options, the dataset options, exit codes."""

from __future__ import annotations

import argparse
import difflib
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from features.annotation import check_annotation, describe_left_out
from features.datasets import Dataset, dataset_from_files, dataset_names, load_dataset
from features.errors import DatasetError, GenestructError, ModelError, TrainingError
from features.genome import Genome
from features.progress import set_quiet

__all__ = [
    "LARGEST_SEED",
    "OWN_FILES",
    "add_command",
    "add_common_options",
    "add_dataset_options",
    "add_genome_options",
    "blame_annotation",
    "blame_option",
    "call_command",
    "command_parser",
    "counted",
    "dataset_from_options",
    "finite_number",
    "genome_from_options",
    "positive_number",
    "probability",
    "run_command",
    "tell",
    "whole_number",
]

EXIT_CODES = """exit codes:
  0    done
  1    a fault of the program, with its traceback
  2    a fault of the input or the options, one line that says what to do
  130  interrupted
"""

LARGEST_SEED = 2**31 - 1
"""What every library that takes a seed can hold."""

OWN_FILES = (
    "genome",
    "annotation",
    "train",
    "validation",
    "test",
    "mask",
    "chromosome_names",
    "group",
)
"""Options of a genome of one's own."""


def command_parser(program: str, description: str, *examples: str) -> argparse.ArgumentParser:
    """A parser whose ``--help`` ends with ``examples``, each shown behind ``program``, and the exit codes."""
    return _Parser(
        prog=program,
        description=description,
        epilog=_epilog(program, examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    *examples: str,
    details: str = "",
) -> argparse.ArgumentParser:
    """Add command ``name`` to ``commands`` (what ``ArgumentParser.add_subparsers`` returned) and return its parser.

    ``run`` becomes the option ``command`` of what is parsed, the parser the option ``parser``. ``examples`` are shown
    behind the program's name, then ``details``, then the exit codes.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.epilog = _epilog(parser.prog.removesuffix(f" {name}"), examples, details)
    parser.set_defaults(command=run, parser=parser)
    return parser


def call_command(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> int:
    """Parse ``argv`` by a parser that has commands of ``add_command``, and return what the chosen one returns."""
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        chosen: argparse.ArgumentParser = arguments.parser
        chosen.error(_describe_unknown(unknown[0], chosen))
    status: int = arguments.command(arguments)
    return status


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--seed``, ``--threads`` and ``--quiet``."""
    group = parser.add_argument_group("common options")
    group.add_argument(
        "--seed", type=_seed, default=1, metavar="N", help="seed of all randomness (default: 1)"
    )
    group.add_argument(
        "--threads",
        type=positive_number,
        default=os.cpu_count() or 1,
        metavar="N",
        help="threads to use (default: all, here %(default)s)",
    )
    group.add_argument(
        "--quiet", action=_Quiet, nargs=0, default=False, help="no progress bars, no notes"
    )


def add_dataset_options(parser: argparse.ArgumentParser) -> None:
    """Add both ways to say what data to use: ``--dataset NAME``; ``--genome``, ``--annotation`` and ``--test``."""
    group = parser.add_argument_group(
        "data", "a dataset by name, or any genome with its annotation and test chromosomes"
    )
    group.add_argument(
        "--dataset",
        metavar="NAME",
        help=f"one of: {', '.join(dataset_names())}; its split is fixed",
    )
    group.add_argument("--genome", metavar="FASTA", help="genome, plain or gzipped")
    group.add_argument("--annotation", metavar="FILE", help="GTF or GFF3, plain or gzipped")
    group.add_argument(
        "--test",
        type=_names,
        metavar="A,B",
        help="test chromosomes, held out: no model is trained or tuned on them; its model.json names them",
    )
    group.add_argument(
        "--train",
        type=_names,
        metavar="A,B",
        help="training chromosomes (default: all others with genes)",
    )
    group.add_argument(
        "--validation",
        type=_names,
        metavar="A,B",
        help="validation chromosomes (default: whole ones, about 10 %% of the others, at least 5 %%)",
    )
    group.add_argument(
        "--mask", metavar="BED", help="regions that are neither trained on nor scored"
    )
    group.add_argument(
        "--chromosome-names",
        metavar="TSV",
        help="two columns, name in the annotation and name in the genome, where they differ",
    )
    group.add_argument(
        "--group",
        metavar="REGEX",
        help="its first (...) names the chromosome of a record, for genomes in pieces",
    )
    group.add_argument(
        "--data",
        metavar="DIR",
        help="data root of named datasets (default: GENESTRUCT_DATA, then the cache of fetched datasets)",
    )


def add_genome_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--genome`` and ``--chromosomes``: sequence to apply a model to."""
    group = parser.add_argument_group("sequence")
    group.add_argument("--genome", required=True, metavar="FASTA", help="genome, plain or gzipped")
    group.add_argument(
        "--chromosomes", type=_names, metavar="A,B", help="records to read (default: all)"
    )


def genome_from_options(arguments: argparse.Namespace) -> tuple[Genome, dict[str, int]]:
    """The genome of ``add_genome_options``, and the lengths of the chosen records in the genome's order.

    ``InputFileError`` for a file that is no FASTA or has no record of a chosen name.
    """
    genome = Genome(arguments.genome)
    chosen = {name: genome.length(name) for name in arguments.chromosomes or genome.names}
    return genome, {name: chosen[name] for name in genome.names if name in chosen}


def dataset_from_options(arguments: argparse.Namespace) -> Dataset:
    """The dataset that the options of ``add_dataset_options`` name.

    Unless ``--quiet``, standard error gets a line each on transcripts that were left out because the genome lacks their
    sequence, and, for own files, on what the annotation holds and on validation chromosomes that were chosen.

    Raises
    ------
    DatasetError : options that are missing or exclude each other, and whatever loading raises.
    """
    dataset = _load(arguments)
    tell(arguments, _notes(arguments, dataset))
    return dataset


def tell(arguments: argparse.Namespace, notes: Iterable[str]) -> None:
    """Write ``notes`` to standard error, a line each, unless ``--quiet``."""
    if not arguments.quiet:
        for note in notes:
            print(note, file=sys.stderr)


def _load(arguments: argparse.Namespace) -> Dataset:
    given = [name for name in OWN_FILES if getattr(arguments, name) is not None]
    if arguments.dataset is not None:
        if given:
            raise DatasetError(
                f"--dataset {arguments.dataset} has its own files and split. Leave out {_option(given[0])}, "
                "or give --genome, --annotation and --test instead."
            )
        return load_dataset(arguments.dataset, arguments.data)
    missing = [name for name in ("genome", "annotation", "test") if name not in given]
    if missing:
        options = ", ".join(_option(name) for name in missing)
        raise DatasetError(f"no data: give --dataset NAME, or add {options}.")
    return dataset_from_files(**{name: getattr(arguments, name) for name in OWN_FILES})


def _notes(arguments: argparse.Namespace, dataset: Dataset) -> Iterator[str]:
    """What the user should know of the data: transcripts left out; of own files also their oddities and split."""
    source = arguments.annotation or dataset.name
    if dataset.left_out:
        yield describe_left_out(source, dataset.left_out, len(dataset.transcripts))
    if arguments.dataset is None:
        yield f"{source}: {check_annotation(dataset.transcripts, dataset.genome).summary()}"
        if arguments.validation is None:
            chosen = ", ".join(dataset.split.validation)
            yield (
                f"validation chromosomes, chosen by length: {chosen} "
                f"({_validation_share(dataset):.1%} of the bases of training and validation)"
            )


def _validation_share(dataset: Dataset) -> float:
    train, validation = (
        sum(map(dataset.genome.length, names))
        for names in (dataset.split.train, dataset.split.validation)
    )
    return validation / (train + validation)


@contextmanager
def blame_annotation(dataset: Dataset) -> Iterator[None]:
    """Name the annotation and the genome of ``dataset`` in a ``TrainingError`` of the block."""
    try:
        yield
    except TrainingError as error:
        raise TrainingError(
            f"{dataset.annotation}, of genome {dataset.genome.path}: {error}"
        ) from error


@contextmanager
def blame_option(option: str) -> Iterator[None]:
    """Put ``option``, which names the model, before a ``ModelError`` of the block."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{option} {error}") from error


def counted(count: int, noun: str) -> str:
    """``count`` with its ``noun``, which takes an s unless it is one thing."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def run_command(
    main: Callable[[Sequence[str] | None], int | None], argv: Sequence[str] | None = None
) -> int:
    """Call ``main(argv)`` and return the exit code of its command.

    0 or what ``main`` returns: done. 1: a fault of the program, with its traceback. 2: the input's fault
    (``GenestructError``, wrong options), one line on standard error. 130: interrupted from the keyboard.
    """
    try:
        return main(argv) or 0
    except SystemExit as stop:
        # argparse: 0 after --help, 2 for wrong options.
        return int(stop.code or 0)
    except GenestructError as error:
        print(f"genestruct: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("genestruct: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; what Python flushes at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        set_quiet(False)


class _Parser(argparse.ArgumentParser):
    """Tells wrong options in one line, without the usage, which takes ten for some commands; takes none abbreviated."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        end = "" if message.endswith("?") else "."
        self.exit(2, f"{self.prog}: error: {message}{end} {self.prog} --help shows the options.\n")


class _Quiet(argparse.Action):
    """Switches progress bars off as soon as the option is read."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        set_quiet(True)
        setattr(namespace, self.dest, True)


def _describe_unknown(argument: str, parser: argparse.ArgumentParser) -> str:
    """What is wrong with an ``argument`` that ``parser`` does not take, with the option that may have been meant."""
    if not argument.startswith("-"):
        return f"{argument!r} belongs to no option"
    option, _, _ = argument.partition("=")
    known = [name for action in parser._actions for name in action.option_strings]
    begun = [name for name in known if name.startswith(option)]
    close = begun or difflib.get_close_matches(option, known, 1)
    return f"no option {option}" + (f", did you mean {close[0]}?" if close else "")


def _epilog(program: str, examples: Sequence[str], details: str = "") -> str:
    shown = "".join(f"  {program} {example}\n" for example in examples)
    return "\n".join(part for part in (f"examples:\n{shown}", details, EXIT_CODES) if part)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of names parted by commas")
    return names


def positive_number(text: str) -> int:
    """Type of an option that counts from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def whole_number(text: str) -> int:
    """Type of an option that counts from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def probability(text: str) -> float:
    """Type of an option between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a probability from 0 to 1")
    return value


def finite_number(text: str) -> float:
    """Type of an option that is any number but not infinite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number between 0 and {LARGEST_SEED}"
        )
    return int(text)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
