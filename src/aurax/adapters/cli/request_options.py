"""The options of a command, made from the fields of `SongRequest`, and the page that lists them."""

from __future__ import annotations

import inspect
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, get_args

import typer
from pydantic.fields import FieldInfo
from typer.core import TyperCommand

from aurax.adapters.cli.console import fail
from aurax.errors import AuraxError, InvalidOption
from aurax.services.request import Metavar, SongRequest, option_names, option_words
from aurax.text import visible

Command = Callable[..., None]

_UsageError: Any = typer.BadParameter.__base__
"""Typer shows it, and keeps its name to itself."""
_LONGEST_PROMPT_BYTES = 65_536
_FIRST_OPTION = re.compile(r"(?:^|\s)--[a-z]")
_TYPED = (bool, int, float)
"""What the command line reads itself; everything else comes as text, which `SongRequest` reads."""


def takes_request(command: Command) -> Command:
    """Give a command the prompt and every option of `SongRequest`.

    Args:
        command: its first parameter gets the request, already checked; its others are options of its own, of which
            `as_json` says how a refusal is shown.

    Returns:
        What Typer takes for the command.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    parameters = [_prompt(), *(_option(name) for name in option_names()), *own]

    def run(**values: Any) -> None:
        given = {name: values.pop(name) for name in SongRequest.model_fields}
        try:
            if given["prompt"] == "-":
                given["prompt"] = read_prompt()
            request = SongRequest.of(**given)
        except AuraxError as error:
            fail(error, as_json=bool(values.get("as_json")))
        command(request, **values)

    return _signed(run, command, parameters)


def takes_options(command: Command) -> Command:
    """Give a command, which may get a prompt, every option of `SongRequest`.

    Args:
        command: its parameter `options` gets those that were given, by the names of the fields; its others, a prompt
            among them, are its own.

    Returns:
        What Typer takes for the command.
    """
    own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "options"]

    def run(**values: Any) -> None:
        options = _given({name: values.pop(name) for name in option_names()})
        command(options=options, **values)

    return _signed(run, command, [*own, *(_option(name) for name in option_names())])


def parse_request(line: str, given: Mapping[str, Any]) -> SongRequest:
    """A request from one line: a prompt, then options as on the command line.

    Args:
        line: such as `warm lofi, 84 bpm --seed 7`; the prompt may stand in quotation marks.
        given: options that hold where the line has no other.

    Raises:
        InvalidOption: an option is unknown or out of range.
        InvalidPrompt: the prompt is no text.
    """
    begin = _FIRST_OPTION.search(line)
    prompt, options = (line, "") if begin is None else (line[: begin.start()], line[begin.start() :])
    prompt = prompt.strip()
    if len(prompt) > 1 and prompt[0] == prompt[-1] and prompt[0] in "\"'":
        prompt = prompt[1:-1]
    return SongRequest.of(prompt=prompt, **{**given, **_parse_options(options)})


def _parse_options(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def keep(**values: Any) -> None:
        found.update(_given(values))

    app = typer.Typer(add_completion=False)
    app.command(add_help_option=False)(_signed(keep, keep, [_option(name) for name in option_names()]))
    try:
        typer.main.get_command(app)(shlex.split(text), standalone_mode=False)
    except (_UsageError, ValueError) as error:
        words = getattr(error, "message", str(error))
        raise InvalidOption("options of a song", words, "see 'aurax make --help'") from error
    return found


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left at its default."""
    return {name: value for name, value in values.items() if value != _default(SongRequest.model_fields[name])}


def _signed(run: Command, like: Command, parameters: Sequence[inspect.Parameter]) -> Command:
    """A function that Typer takes for one with these parameters."""
    run.__doc__, run.__name__ = like.__doc__, like.__name__
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    )
    return run


class PromptCommand(TyperCommand):
    """A command with a prompt; where the prompt looks like an option, its error says how to give it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments.

        Raises:
            UsageError: as for any command, with a hint where the cause may be a prompt that begins with `-`.
        """
        given = args[: args.index("--")] if "--" in args else list(args)
        try:
            rest: list[str] = super().parse_args(ctx, args)
            return rest
        except _UsageError as error:
            prompt = next((one for one in given if _looks_like_a_prompt(one)), None)
            if prompt is not None:
                hint = f"If the prompt begins with '-', put -- before it: aurax {self.name} -- {visible(prompt)!r}"
                error.message = f"{error.message}. {hint}"
            raise


def flag(name: str) -> str:
    """How the command spells a field: `--budget` for `budget_usd`."""
    return f"--{option_words(name).replace(' ', '-')}"


def options_page() -> str:
    """The page of `docs/` about the options, in Markdown."""
    rows = "\n".join(f"| {' | '.join(row)} |" for row in _rows())
    return _PAGE.format(rows=rows)


def read_prompt() -> str:
    """The prompt from standard input, so that it stands in no list of processes.

    Raises:
        InvalidOption: it is not UTF-8, or longer than any prompt.
    """
    content = sys.stdin.buffer.read(_LONGEST_PROMPT_BYTES + 1)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if (content and not text) or len(content) > _LONGEST_PROMPT_BYTES:
        raise InvalidOption("a prompt in UTF-8 on standard input", "something else", "write it as plain text")
    return text.strip()


def _looks_like_a_prompt(argument: str) -> bool:
    """Whether an argument begins like an option and cannot be one: the command has no short options."""
    return argument.startswith("-") and (" " in argument or (len(argument) > 2 and argument[1] != "-"))


def _prompt() -> inspect.Parameter:
    meaning = SongRequest.model_fields["prompt"].description
    argument = typer.Argument(help=f"{meaning} - reads it from standard input.")
    return inspect.Parameter("prompt", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, argument])


def _option(name: str) -> inspect.Parameter:
    field = SongRequest.model_fields[name]
    kind = _kind(field)
    metavar = _metavar(field)
    option = typer.Option(flag(name), metavar=metavar.name if metavar else None, help=field.description)
    annotation = Annotated[bool if kind is bool else kind | None, option]  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=annotation)


def _kind(field: FieldInfo) -> Any:
    metavar = _metavar(field)
    if metavar is not None and metavar.typed_as_text:
        return str
    kinds = [one for one in (get_args(field.annotation) or (field.annotation,)) if one is not type(None)]
    return kinds[0] if len(kinds) == 1 and kinds[0] in _TYPED else str


def _metavar(field: FieldInfo) -> Metavar | None:
    return next((one for one in field.metadata if isinstance(one, Metavar)), None)


def _default(field: FieldInfo) -> str | int | float | None:
    """What the command shows as the default; None where it is a rule rather than a value."""
    return field.default if isinstance(field.default, str | int | float) else None


def _rows() -> Iterable[tuple[str, ...]]:
    for name in option_names():
        field = SongRequest.model_fields[name]
        metavar = _metavar(field)
        value = metavar.name if metavar else "" if _kind(field) is bool else "NUMBER"
        yield f"`{f'{flag(name)} {value}'.strip()}`", f"`{name}`", field.description or "", _text(field)


def _text(field: FieldInfo) -> str:
    return str(_default(field) or "")


_PAGE = """# Options of a song

`aurax make` and `aurax estimate` take the same options and check them in the same way. In Python they are the fields of
`SongRequest`, and arguments of `make_song`. This page is made from the fields by `scripts/document_options.py`.

| option | in Python | meaning | default |
|---|---|---|---|
{rows}

Where the song goes is an option of `aurax make` alone: `--out DIR` names its folder (by default `out/` and the title),
`--force` replaces a folder of a song that is already there. `--json` prints `song.json`, or the error, and
nothing else; `--strict` ends with status 3 where not all that was asked for is known to be done.

A prompt that begins with `-` needs `--` before it: `aurax make -- "-14 LUFS lofi"`.
"""
