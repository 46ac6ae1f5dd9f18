"""The model card: README.md of a run folder, in the form that model hubs read."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from ..config.reading import dump_yaml
from ..data.source import SPLITS
from ..errors import printable
from ..metrics.score_facts import facts_of
from ..runs.folder import Run, RunParts
from ..runs.log import number, whole
from ..util.files import write_text
from .findings import findings, interval
from .scores import in_order, logged_scores
from .settings import settings
from .summary import limits, summary, unit
from .values import count, listed, mapping, plain, short

MAX_CLASSES, MAX_NOTES, MAX_SETTINGS = 100, 50, 300
TAGS = {"vae": "vae"}  # the model hubs' names of what is not a GAN
TRANSLATING = {"audio": "audio-to-audio"}  # the task of translators, where it is not image-to-image


def write_card(run: Path) -> Path:
    """Write the model card into the run folder. Equal runs give equal bytes, and it names no folder of this machine."""
    out = run / "README.md"
    write_text(out, render(Run(run).parts()))
    return out


@dataclass(frozen=True)
class Shared:
    """What the card of a run on a hub says beside the run itself.

    Attributes:
        place: Where the run lies, such as hf://user/name.
        licence: As hubs write it, such as apache-2.0; None where nobody stated it.
        pipeline_tag: The hubs' word for what the model does.
    """

    place: str
    licence: str | None = None
    pipeline_tag: str | None = None


def render(run: RunParts, shared: Shared | None = None) -> str:
    """The card as text. shared: of a run that goes to a hub."""
    sentences = "\n\n".join(escaped(sentence) for sentence in summary(run.recipe, run.source, run.log, run.evaluation))
    name = shared.place.rpartition("/")[2] if shared else run.name
    head = [f"# {escaped(name)}", sentences, _missing(run)]
    body = [*head, _use(run, shared), _data(run), _training(run), _scores(run), _limits(run, shared)]
    return _front_matter(run, shared) + "\n" + "\n\n".join(part for part in body if part) + "\n"


def escaped(value: object) -> str:
    """Anything as one line of text without Markdown and HTML."""
    line = printable(" ".join(plain(value).split()))
    return re.sub(r"([\\`*_{}\[\]|~$])", r"\\\1", html.escape(line, quote=False))


def _front_matter(run: RunParts, shared: Shared | None) -> str:
    modality = run.source.get("modality") or run.recipe.get("modality")
    kind = TAGS.get(str(mapping(run.recipe.get("algorithm")).get("name")), "gan")
    translating = TRANSLATING.get(str(modality), "image-to-image")
    task = translating if run.source.get("input_shape") else f"{modality}-generation" if modality else ""
    tags = [kind, *([task] if task else []), *([str(run.recipe["name"])] if run.recipe.get("name") else [])]
    meta: dict[str, Any] = {"library_name": "sparring", "license": "other", "license_name": "unspecified"}
    if shared and shared.licence:
        meta = {"library_name": "sparring", "license": shared.licence}
    meta["tags"] = list(dict.fromkeys(tags))
    if shared and shared.pipeline_tag:
        meta["pipeline_tag"] = shared.pipeline_tag
    if shared and (results := _results(run, shared, task or kind)):
        meta["model-index"] = results
    return f"---\n{dump_yaml(meta)}---\n"


def _results(run: RunParts, shared: Shared, task: str) -> list[dict[str, Any]]:
    """The scores as hubs read them; [] where none was measured."""
    evaluated = {name: number(score.get("value")) for name, score in mapping(run.evaluation.get("scores")).items()}
    logged = {name: score.value for name, score in logged_scores(run.log).items()}
    metrics = [
        {"type": name, "name": facts_of(name).title, "value": value}
        for name, value in (evaluated or logged).items()
        if value is not None and not name.endswith("_real")
    ]
    data = printable(str(run.source.get("name") or "unnamed"))
    result = {
        "task": {"type": shared.pipeline_tag or task},
        "dataset": {"type": data, "name": data},
        "metrics": metrics,
    }
    return [{"name": shared.place.rpartition("/")[2], "results": [result]}] if metrics else []


def _missing(run: RunParts) -> str:
    return f"> Missing from this run: {escaped('; '.join(run.missing))}." if run.missing else ""


def _use(run: RunParts, shared: Shared | None) -> str:
    """How to use it: where the run lies on a hub, by its place there."""
    text = _use_of_folder(run)
    if shared is None:
        return text
    here = text.replace("`RUN` is the folder of this file.", "").replace("\n\n\n\n", "\n\n")
    return re.sub(r"\bRUN\b", shared.place, here).replace("pip install sparring", 'pip install "sparring[hub]"')


def _use_of_folder(run: RunParts) -> str:
    if run.source.get("input_shape"):
        two_way = "reverse_generator" in mapping(run.recipe.get("players"))
        back = "\nsparring apply RUN pictures/ -o out/ --reverse   # the other direction" if two_way else ""
        what = escaped(unit(run.source).split()[-1])
        return f"""## How to use it

`RUN` is the folder of this file. Inputs are {what} of any size.

```bash
pip install sparring
sparring apply RUN {what}/ -o out/{back}
```"""
    classifies, classes = run.source.get("known_classes"), listed(run.source.get("classes"))
    named = "\nsparring apply RUN pictures/ -o labels.csv   # the class of each picture" if classifies else ""
    labels = "\n# one class only: gan.generate(64, seed=0, label=0)" if classes else ""
    return f"""## How to use it

`RUN` is the folder of this file.

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


def _data(run: RunParts) -> str:
    source = run.source
    if not source:
        return ""
    counts = mapping(source.get("counts"))
    sizes = ", ".join(f"{count(size)} {split}" for split in SPLITS if (size := whole(counts.get(split))) is not None)
    classes = [str(name) for name in listed(source.get("classes"))]
    more = f" and {count(len(classes) - MAX_CLASSES)} more" if len(classes) > MAX_CLASSES else ""
    facts = {
        "name": source.get("name"),
        "kind": source.get("modality"),
        "shape of an example": " x ".join(plain(side) for side in listed(source.get("shape"))),
        "counts": sizes,
        "classes": ", ".join(classes[:MAX_CLASSES]) + more,
        "content hash": source.get("content_hash"),
    }
    lines = [f"- {name}: {escaped(value)}" for name, value in facts.items() if value]
    lines += [f"- {escaped(note)}" for note in listed(source.get("notes"))[:MAX_NOTES]]
    return "## Data\n\n" + "\n".join(lines)


def _training(run: RunParts) -> str:
    command = printable(without_folders(str(run.recipe.get("command") or "")))
    shown = f"```bash\n{command}\n```\n\n" if command and "`" not in command else ""
    rows = [
        *settings(run.recipe)[:MAX_SETTINGS],
        *((name, plain(value), "") for name, value in mapping(run.recipe.get("versions")).items()),
    ]
    body = _table(("setting", "value", "why"), rows)
    return f"## Training\n\n{shown}{body}" if rows or shown else ""


def _scores(run: RunParts) -> str:
    if run.evaluation:
        return _evaluated(run)
    rows = [
        (score.title, "not measured" if score.value is None else short(score.value), score.measured_on)
        for score in logged_scores(run.log).values()
    ]
    return "## Scores\n\n" + (_table(("score", "value", "measured on"), rows) if rows else "None was measured.")


def _evaluated(run: RunParts) -> str:
    """What `sparring evaluate` found."""
    said = "\n".join(f"- {escaped(sentence)}" for sentence in findings(run.evaluation, unit(run.source)))
    rows = []
    for name, score in in_order(mapping(run.evaluation.get("scores"))):
        value, real = number(score.get("value")), number(score.get("real"))
        on = ", ".join(f"{key} {plain(part)}" for key, part in mapping(score.get("fingerprint")).items())
        rows.append(
            (
                facts_of(name).title,
                "not finite" if value is None else short(value),
                interval(score),
                "" if real is None else short(real),
                on,
            )
        )
    return f"## Scores\n\n{said}\n\n" + _table(("score", "value", "95 %", "real examples", "measured on"), rows)


def _limits(run: RunParts, shared: Shared | None) -> str:
    told = limits(unit(run.source), shared.licence if shared else None)
    return "## Limits\n\n" + "\n".join(f"- {escaped(limit)}" for limit in told)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *(tuple(escaped(cell) for cell in row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) if rows else ""


def without_folders(command: str) -> str:
    """The command with absolute and home paths cut to their last names; "" where it is not a command line."""
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
