"""What every command shares: the parser, common options and their types, exit codes."""

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

from features.errors import GenestructError, ModelError
from features.progress import set_quiet

__all__ = [
    "LARGEST_SEED",
    "add_command",
    "add_common_options",
    "blame_option",
    "call_command",
    "command_parser",
    "counted",
    "finite_number",
    "names",
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


def tell(arguments: argparse.Namespace, notes: Iterable[str]) -> None:
    """Write ``notes`` to standard error, a line each, unless ``--quiet``."""
    if not arguments.quiet:
        for note in notes:
            print(note, file=sys.stderr)


@contextmanager
def blame_option(option: str) -> Iterator[None]:
    """Put ``option``, which names the model or what it is to read, before a ``ModelError`` of the block."""
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


def names(text: str) -> tuple[str, ...]:
    """Type of an option that lists names, parted by commas."""
    found = tuple(name.strip() for name in text.split(","))
    if not all(found):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of names parted by commas")
    return found


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
