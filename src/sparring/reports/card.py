"""The model card: README.md of a run folder, in the form that model hubs read."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..runs.log import number, whole
from ..util.files import write_text
from .findings import findings, interval
from .folder import RunFolder, open_run
from .scores import NAMES, ordered, scores
from .settings import settings
from .summary import limits, unit, verdict
from .values import count, listed, mapping, plain, short

MOST_CLASSES, MOST_NOTES, MOST_SETTINGS = 100, 50, 300
TAGS = {"autoencoder": "vae"}  # of games, where hubs do not call it "gan"


def write_card(run: Path) -> Path:
    """Write the model card into the run folder; the same run gives the same bytes, and no folder of this machine is named in it."""
    out = run / "README.md"
    write_text(out, render(open_run(run)))
    return out


def render(run: RunFolder) -> str:
    """The card as text."""
    verdicts = "\n\n".join(escaped(sentence) for sentence in verdict(run.recipe, run.source, run.log))
    body = [f"# {escaped(run.name)}", verdicts, _missing(run), _use(run), _data(run), _training(run), _scores(run), _limits(run)]
    return _front_matter(run) + "\n" + "\n\n".join(part for part in body if part) + "\n"


def escaped(value: object) -> str:
    """Anything as one line of text that Markdown and HTML leave alone."""
    line = " ".join(plain(value).split())
    return re.sub(r"([\\`*_{}\[\]|~$])", r"\\\1", html.escape(line, quote=False))


def _front_matter(run: RunFolder) -> str:
    import yaml

    modality = run.source.get("modality") or run.recipe.get("modality")
    kind = TAGS.get(str(run.recipe.get("game")), "gan")
    task = "image-to-image" if run.source.get("input_shape") else f"{modality}-generation" if modality else ""
    tags = [kind, *([task] if task else []), *([str(run.recipe["name"])] if run.recipe.get("name") else [])]
    meta = {"library_name": "sparring", "license": "other", "license_name": "unspecified", "tags": list(dict.fromkeys(tags))}
    return f"---\n{yaml.safe_dump(meta, sort_keys=False, allow_unicode=True)}---\n"


def _missing(run: RunFolder) -> str:
    return f"> Missing from this run: {escaped('; '.join(run.missing))}." if run.missing else ""


def _use(run: RunFolder) -> str:
    if run.source.get("input_shape"):
        back = (
            "\nsparring apply RUN pictures/ -o out/ --back   # the other way round" if "back" in mapping(run.recipe.get("players")) else ""
        )
        return f"""## How to use it

`RUN` is the folder that this file lies in; pictures of any size go in.

```bash
pip install sparring
sparring apply RUN pictures/ -o out/{back}
```"""
    named = "\nsparring apply RUN pictures/ -o labels.csv   # the class of pictures" if run.source.get("known_classes") else ""
    labels = "\n# of one class only: gan.generate(64, seed=0, label=0)" if listed(run.source.get("classes")) else ""
    return f"""## How to use it

`RUN` is the folder that this file lies in.

```bash
pip install sparring
sparring generate RUN -n 64 -o out/{named}
```

```python
import sparring

gan = sparring.load("RUN")
samples = gan.generate(64, seed=0){labels}
```

The same seed gives the same samples."""


def _data(run: RunFolder) -> str:
    source = run.source
    if not source:
        return ""
    counts = mapping(source.get("counts"))
    sizes = ", ".join(f"{count(size)} {split}" for split, value in counts.items() if (size := whole(value)) is not None)
    classes = [str(name) for name in listed(source.get("classes"))]
    more = f" and {count(len(classes) - MOST_CLASSES)} more" if len(classes) > MOST_CLASSES else ""
    facts = {
        "name": source.get("name"),
        "kind": source.get("modality"),
        "shape of one": " x ".join(plain(side) for side in listed(source.get("shape"))),
        "counts": sizes,
        "classes": ", ".join(classes[:MOST_CLASSES]) + more,
        "content hash": source.get("content_hash"),
    }
    lines = [f"- {name}: {escaped(value)}" for name, value in facts.items() if value]
    lines += [f"- {escaped(note)}" for note in listed(source.get("notes"))[:MOST_NOTES]]
    return "## Data\n\n" + "\n".join(lines)


def _training(run: RunFolder) -> str:
    command = without_folders(str(run.recipe.get("command") or ""))
    shown = f"```bash\n{command}\n```\n\n" if command and "`" not in command else ""
    rows = [
        *settings(run.recipe)[:MOST_SETTINGS],
        *((name, plain(value), "") for name, value in mapping(run.recipe.get("versions")).items()),
    ]
    body = _table(("setting", "value", "why"), rows)
    return f"## Training\n\n{shown}{body}" if rows or shown else ""


def _scores(run: RunFolder) -> str:
    if run.evaluation:
        return _evaluated(run)
    rows = [
        (NAMES.get(one.name, one.name), "not measured" if one.value is None else short(one.value), one.measured_on)
        for one in scores(run.log).values()
    ]
    return "## Scores\n\n" + (_table(("score", "value", "measured on"), rows) if rows else "None was measured.")


def _evaluated(run: RunFolder) -> str:
    """What `sparring evaluate` found."""
    said = "\n".join(f"- {escaped(sentence)}" for sentence in findings(run.evaluation, unit(run.source)))
    rows = []
    for name, score in ordered(mapping(run.evaluation.get("scores"))):
        value, real = number(score.get("value")), number(score.get("real"))
        on = ", ".join(f"{key} {plain(part)}" for key, part in mapping(score.get("fingerprint")).items())
        rows.append(
            (
                NAMES.get(name, name),
                "not finite" if value is None else short(value),
                interval(score),
                "" if real is None else short(real),
                on,
            )
        )
    return f"## Scores\n\n{said}\n\n" + _table(("score", "value", "95 %", "real examples", "measured on"), rows)


def _limits(run: RunFolder) -> str:
    return "## Limits\n\n" + "\n".join(f"- {escaped(limit)}" for limit in limits(unit(run.source)))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *(tuple(escaped(cell) for cell in row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) if rows else ""


def without_folders(command: str) -> str:
    """The command with every path that tells about this machine cut to its last name; nothing if it is not a command line."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return shlex.join(_last_name(word) for word in words)


def _last_name(word: str) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") and "=" in word else ("", "", word)
    if PureWindowsPath(value).is_absolute():
        value = PureWindowsPath(value).name
    elif PurePosixPath(value).is_absolute() or value.startswith(("~", "..")):
        value = PurePosixPath(value).name
    return option + equals + (value or "DATA")
