"""Augmentation of pictures with boxes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ...data.options import OpenContext
from ...data.source import Source
from ...errors import UserError
from ...inference.generator import Gan
from ...modalities.image.boxes import AnnotatedPictures, Scene, write_annotated
from ...modalities.image.labelled import class_folders
from ...modalities.labelled import REAL
from ...modalities.opening import open_data
from ...runs.folder import Run
from ...util import files
from ..amounts import Amount
from ..arms import scene_arms
from ..arms_trial import Progress, Way
from ..examples import Examples, Training, Unavailable
from ..filtering import Filter
from ..labelled_problem import write_sheets
from ..picture_judges import SmallNetwork
from ..problem import DRAW_SEED, Problem
from ..store import Store
from ..supply import GanSupply
from .canvas import canvas_for, seen
from .detector import detector_judge
from .division import divide_scenes
from .generated import CutObjects, GeneratedObjects
from .objects import Cut, cuts_of, square
from .outcome import DetectionOutcome, described, opened
from .supply import Made, Paster, reader
from .trial import DetectionSetting, DetectionTrial

OBJECTS, SIDE = "objects", 32  # the folder of cut objects, and the side at which a generator learns them, pixels
LEAST_OF_A_CLASS = 2  # objects from which a generator learns a class
MOST_SCENES = 2000  # in one arm
FILTER_STEPS = 600  # of the classifier of objects
SHOWN, SHOWN_WIDTH = 6, 480  # scenes on a sheet, and the width of each, pixels


class DetectionProblem(Problem):
    """Pictures with boxes. seen: has a generator learned from all pictures but the source's own test?"""

    task, unit = "detect", "pictures"

    def __init__(self, data: AnnotatedPictures, seen: bool):
        self.data, self.name, self.content_hash = data, data.name, data.content_hash
        self.division, self.judged = divide_scenes(data.scenes, data.classes, seen)
        self.classes = tuple(data.classes[number] for number in self.judged)
        self.notes = (*data.notes, *self.division.notes)
        self.counts = {name: len(getattr(self.division, name)) for name in ("train", "validation", "test")}
        self._pixels, self._side = reader(), SIDE
        try:
            self.paster = Paster(self._scenes("train"), len(data.classes), self._pixels)
        except Unavailable as reason:
            raise UserError(f"{data.name}: {reason}, so that nothing can be pasted; give larger pictures") from None
        outlined = [cut.outlined for each in self.paster.cuts for cut in each]
        self._opaque = not all(outlined)  # a generator learns opacity where every object has an outline
        if not self._learned():
            raise UserError(f"{data.name} has fewer than {LEAST_OF_A_CLASS} whole objects of each class; give more")

    def _scenes(self, part: str) -> list[Scene]:
        return [self.data.scenes[place] for place in getattr(self.division, part)]

    def check(self, gan: Gan) -> None:
        height, width = gan.codec.shape[1:]
        if height != width:
            raise UserError(
                f"the run makes pictures of {height} x {width}, and objects are made as squares: train anew"
            )
        alone = len(self._learned()) == 1 and not gan.classes  # one class needs no condition
        missing = [] if alone else [label for label in self._learned() if self._folder(label) not in gan.classes]
        if missing:
            raise UserError(
                f"the run makes no objects of the class '{self.data.classes[missing[0]]}': it should be "
                "trained on the folder `objects` of an earlier augmentation; leave --run out to train one"
            )
        if (gan.codec.shape[0] in (2, 4)) == self._opaque:
            made, own = ("without", "with") if gan.codec.shape[0] in (1, 3) else ("with", "without")
            raise UserError(f"the run makes objects {made} opacity, and these are cut {own} it; leave --run out")
        self._side = height

    def _learned(self) -> list[int]:
        """The numbers of the classes that a generator can learn."""
        return [label for label, cuts in enumerate(self.paster.cuts) if len(cuts) >= LEAST_OF_A_CLASS]

    def _folder(self, label: int) -> str:
        return class_folders(self.data.classes)[label]

    def examples(self, out: Path) -> Source:
        labelled = self._objects(out)
        return labelled.part(np.flatnonzero(labelled.splits != "test"), np.flatnonzero(labelled.splits == "test"))

    def _objects(self, out: Path) -> CutObjects:
        """The cut objects, below `out`: those of training pictures to learn from, those of validation ones apart."""
        held: list[list[Cut]] = [[] for _ in self.data.classes]
        for scene in self._scenes("validation"):
            for cut in cuts_of(scene, self._pixels(scene)):
                held[cut.label].append(cut)
        temporary = files.temporary_path(out / OBJECTS)
        shutil.rmtree(temporary, ignore_errors=True)
        for split, cuts in (("train", self.paster.cuts), ("test", held)):
            for label in self._learned():
                folder = temporary / split / self._folder(label)
                folder.mkdir(parents=True)
                for number, cut in enumerate(cuts[label]):
                    picture = Image.fromarray(square(cut, self._side, self._opaque))
                    picture.save(folder / f"{REAL}-{number:06d}.png")
        files.replace_folder(temporary, out / OBJECTS)
        source = open_data(out / OBJECTS, {"size": (self._side, self._side)}, OpenContext())
        return CutObjects(source, self._folder(self._learned()[0]))

    def trial(
        self, gan: Gan, run: Run, amount: int | None, seeds: int, out: Path, progress: Progress
    ) -> DetectionTrial:
        train, validation, test = (self._scenes(part) for part in ("train", "validation", "test"))
        canvas = canvas_for(train)
        shown, chosen, blind = (
            seen([(self._pixels(scene), scene.objects) for scene in part], canvas) for part in (train, validation, test)
        )
        amounts = _amounts(len(train), amount)
        most = self.paster.needed(max(each.total for each in amounts))

        def generated() -> GeneratedObjects:
            return self._generated(gan, run, out, most)

        setting = DetectionSetting(
            shown,
            chosen,
            blind.values,
            len(self.data.classes),
            self.judged,
            [detector_judge(len(train))],
            scene_arms(),
            amounts,
            self.paster,
            canvas,
            generated,
            seeds,
        )
        self._truth = blind.truth()
        return DetectionTrial(setting, Store(out / "fits"), progress)

    def _generated(self, gan: Gan, run: Run, out: Path, most: Sequence[int]) -> GeneratedObjects:
        """Generated objects with their filter: a classifier of cut objects, the discriminator, no copies."""
        labelled = self._objects(out)
        supply, numbers = GanSupply(gan, run, labelled, DRAW_SEED), labelled.classes
        parts = [np.flatnonzero((labelled.splits == "test") == held) for held in (False, True)]
        train, held = (Examples(labelled.values(places), labelled.labels[places]) for places in parts)
        if not len(held.labels):
            held = train  # validation pictures without a whole object: the filter knows no others
        judge = SmallNetwork(train.values.shape[1:], FILTER_STEPS)
        predict = judge.fit(Training(train, "gentle"), held, len(numbers), 0)

        def classify(values: np.ndarray) -> np.ndarray:
            return predict(values).argmax(axis=1)

        sieve = Filter(classify, supply, labelled.features, train, held)
        folders = class_folders(self.data.classes)
        labels = [folders.index(name) for name in numbers]
        return GeneratedObjects(supply, sieve, labels, [most[label] for label in labels], labelled.source)

    def opened(self, trial: DetectionTrial, ways: Sequence[Way]) -> DetectionOutcome:
        return opened(trial, ways, self._truth)

    def described(self, outcome: DetectionOutcome, trial: DetectionTrial) -> dict[str, Any]:
        return described(outcome, trial, self.classes)

    def write(self, out: Path, trial: DetectionTrial, way: Way) -> tuple[Path, int]:
        scenes = {part: self._scenes(part) for part in ("train", "validation", "test")}
        made = [each.as_scene(number) for number, each in enumerate(trial.made(way.arm, 0))]
        scenes["train"] += made
        return write_annotated(out, self.data.kind, self.data.classes, scenes), len(made)

    def write_sheets(self, out: Path, trial: DetectionTrial, way: Way | None) -> None:
        """Generated objects, and scenes of the chosen way."""
        if trial.candidates is not None:
            write_sheets(out, trial.candidates.source, trial.candidates.of(0))
        (out / "scenes.png").unlink(missing_ok=True)
        if way is not None:
            _sheet(trial.made(way.arm, 0)[:SHOWN]).save(out / "scenes.png")


def _amounts(real: int, asked: int | None) -> list[Amount]:
    """Numbers of scenes to try, ascending."""
    if asked is not None:
        return [Amount("as asked", (asked,))]
    tried = {"as many as real": real, "three times as many as real": 3 * real}
    return [Amount(name, (min(MOST_SCENES, count),)) for name, count in tried.items() if count <= 3 * MOST_SCENES]


def _sheet(made: Sequence[Made]) -> Image.Image:
    """Scenes side by side, three in a row, with pasted objects in red boxes and others in blue ones."""
    tiles = []
    for each in made:
        height, width = each.pixels.shape[:2]
        scale = SHOWN_WIDTH / width
        tile = Image.fromarray(each.pixels).resize((SHOWN_WIDTH, max(1, round(height * scale))))
        draw = ImageDraw.Draw(tile)
        for (x, y, w, h), pasted in zip(each.objects.boxes * scale, each.objects.pasted, strict=True):
            draw.rectangle((x, y, x + w, y + h), outline="red" if pasted else "blue", width=2 if pasted else 1)
        tiles.append(tile)
    height = max(tile.height for tile in tiles)
    rows = -(-len(tiles) // 3)
    sheet = Image.new("RGB", (SHOWN_WIDTH * min(3, len(tiles)), height * rows), "white")
    for at, tile in enumerate(tiles):
        sheet.paste(tile, (SHOWN_WIDTH * (at % 3), height * (at // 3)))
    return sheet
