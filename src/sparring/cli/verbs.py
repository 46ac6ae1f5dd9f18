"""The verbs as commands. A verb is a function in a module of its name.

Its parameters are built when it runs, not for the list of verbs, so that `sparring --help` stays fast.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from ..errors import UserError
from .hints import option_hint, verb_hint

VERBS = (
    "train",
    "generate",
    "apply",
    "interpolate",
    "explore",
    "invert",
    "evaluate",
    "export",
    "serve",
    "studio",
    "compare",
    "augment",
    "search",
    "check",
    "pack",
    "recipes",
    "report",
)
PLUGINS: list[str] = []  # that this command imports, for a command that starts another one
NUMBERS: dict[type, str] = {int: "a whole number", float: "a number"}
UsageError: Any = typer.BadParameter.__base__

Plugins = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="MODULE",
        help="Import a Python module or .py file first, for example one that registers networks or losses of your own. "
        "Once for each module.",
        show_default=False,
    ),
]


class Verbs(TyperGroup):
    """All verbs. For their list each is a name and a docstring; the one that is typed gets its parameters too."""

    def parse_args(self, context: Any, arguments: list[str]) -> list[str]:
        try:
            return super().parse_args(context, arguments)
        except UsageError as error:
            if typed := getattr(error, "option_name", None):
                raise UserError(f"there is no option {typed} before a verb; see sparring --help") from None
            raise  # no arguments at all: the help

    def list_commands(self, context: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, context: Any, name: str) -> Any:
        return (
            TyperCommand(name, help=inspect.getdoc(_function(_module(name))), rich_markup_mode="rich")
            if name in VERBS
            else None
        )

    def resolve_command(self, context: Any, arguments: list[str]) -> Any:
        typed = arguments[0]
        if typed in VERBS:
            return typed, built(typed), arguments[1:]
        raise UserError(f"there is no command '{typed}'; {verb_hint(typed, VERBS)}")


class Verb(TyperCommand):
    """A verb whose mistyped command line is answered in one sentence.

    declared: the annotations of its parameters.
    """

    declared: dict[str, Any]

    def parse_args(self, context: Any, arguments: list[str]) -> list[str]:
        texts: dict[str, Any] = {}
        try:
            texts, _, given = self.make_parser(context).parse_args(args=list(arguments))
            self._refuse_repeated(given)
            return super().parse_args(context, arguments)
        except UsageError as error:
            typed = getattr(error, "option_name", None)
            if typed and type(error).__name__ == "NoSuchOption":
                hint = option_hint(typed, _options(self)) or _owners(typed) or f"see sparring {self.name} --help"
                raise UserError(f"{self.name} has no option {typed}; {hint}") from None
            parameter: Any = getattr(error, "param", None)
            expected = _expected(self.declared[parameter.name]) if parameter is not None else ""
            if parameter is not None and expected and parameter.name in texts:
                name = max(parameter.opts, key=len)
                raise UserError(f"{name} should be {expected}, not {texts[parameter.name]!r}") from None
            sentence = error.format_message().strip().rstrip(".")
            raise UserError(f"{sentence[:1].lower()}{sentence[1:]}; see sparring {self.name} --help") from None

    def _refuse_repeated(self, given: Sequence[Any]) -> None:
        """Of an option with one value the last one would count, and the others would be lost in silence."""
        for parameter, times in Counter(given).items():
            if times > 1 and parameter.param_type_name == "option" and not (parameter.multiple or parameter.is_eager):
                name = max(parameter.opts, key=len)
                raise UserError(f"{name} is given {times} times, and {self.name} takes one value of it: give it once")


def _expected(declared: Any) -> str:
    """What the value of a parameter for numbers should be, with its bounds; "" for other parameters.

    declared: its annotation, such as Annotated[int | None, typer.Option(min=1)].
    """
    kind, *facts = get_args(declared) or (declared,)
    word = next((word for number, word in NUMBERS.items() if number in (kind, *get_args(kind))), "")
    least, most = (next((getattr(fact, end, None) for fact in facts), None) for end in ("min", "max"))
    if word and least is not None and most is not None:
        return f"{word} from {least:,} to {most:,}"
    return word + (f" of at least {least:,}" if word and least is not None else "")


def _options(command: Any) -> list[str]:
    return [option for parameter in command.params for option in parameter.opts]


def _owners(typed: str) -> str:
    """Which verbs have the option; "" if none has."""
    owners = [verb for verb in VERBS if typed in _options(built(verb))]
    return f"it is an option of sparring {', '.join(owners)}" if owners else ""


def built(name: str) -> Any:
    """The command of a verb: the parameters of its function, those that its module generates, and --plugin."""
    module = _module(name)
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    function = _with_plugins(_function(module), getattr(module, "parameters", list)())
    app.command(name, cls=Verb)(function)
    command: Any = typer.main.get_command(app)
    command.declared = {each.name: each.annotation for each in inspect.signature(function).parameters.values()}
    return command


def _with_plugins(function: Callable[..., None], added: list[inspect.Parameter]) -> Callable[..., None]:
    """The function, importing plug-ins before it runs, with these parameters in the place of `**options`."""

    @functools.wraps(function)
    def run(*, plugin: list[str] | None = None, **given: Any) -> None:
        PLUGINS[:] = plugin or []
        for each in PLUGINS:
            load_plugin(each)
        function(**given)

    own = [
        each
        for each in inspect.signature(function, eval_str=True).parameters.values()
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    plugins = inspect.Parameter("plugin", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Plugins)
    every = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *added, plugins)]
    run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    return run


def load_plugin(name: str) -> None:
    """Import a module by its name, from the current folder too, or a .py file by its path.

    Raises UserError where there is none, and where it cannot be imported, with the line of the file.
    """
    try:
        if Path(name).suffix == ".py":
            _import_file(Path(name))
        else:
            if str(Path.cwd()) not in sys.path:
                sys.path.append(str(Path.cwd()))  # last, so that no file here hides an installed module
            importlib.import_module(name)
    except UserError:
        raise
    except ModuleNotFoundError as error:
        raise UserError(f"--plugin {name}: there is no module '{error.name}' here or installed") from None
    except (Exception, SystemExit) as error:  # whatever the user's own code raises
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f" ({Path(last.filename).name}, line {last.lineno})"
        raise UserError(f"--plugin {name} cannot be imported: {type(error).__name__}: {error}{where}") from None


def _import_file(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"--plugin {path}: there is no such file")
    known = sys.modules.get(path.stem)
    if known is not None and getattr(known, "__file__", None) == str(path.resolve()):
        return  # named twice
    other = importlib.util.find_spec(path.stem) if known is None else None
    if known is not None or (other is not None and other.origin != str(path.resolve())):
        raise UserError(f"--plugin {path}: there is an installed module '{path.stem}'; give the file another name")
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f".{name}", __package__)


def _function(module: ModuleType) -> Callable[..., None]:
    return getattr(module, module.__name__.rpartition(".")[2])
