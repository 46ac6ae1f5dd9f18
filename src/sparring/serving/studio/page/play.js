// New samples of a run: one that is turned, many at once, a walk; for tables rows.

import { made } from "./api.js";
import { button, card, download, field, h, newest, select, showBlob } from "./dom.js";
import { rowsCard } from "./rows.js";
import { invertCard, mixCard } from "./styles.js";
import { t } from "./words.js";

const DIRECTIONS = 8,
  EXTENT = 3,
  MAX_SEED = 2 ** 31;
const SMALL = 40; // pixels; below, they are shown as squares
const MANY = { ".wav": 1, ".webp": 4 }; // at first, of what is heard or moves
const SHOWN = { ".png": "img", ".webp": "img", ".gif": "img", ".wav": "audio", ".txt": "text" };

export async function playPanel(body, signal, name, known) {
  if (known.conditions) {
    rowsCard(body, signal, name, known);
    return;
  }
  const shown = shownFormat(known);
  if (known.latent_walk && shown) body.append(turnCard(signal, name, known, shown));
  body.append(manyCard(signal, name, known));
  if (known.layers && shown === ".png") body.append(mixCard(signal, name, known));
  if (known.latent_walk) body.append(walkCard(signal, name, known));
  if (known.latent_walk && shown === ".png") body.append(invertCard(signal, name, known));
}

// The first format that a page can show or play.
const shownFormat = (known) => known.formats.find((format) => SHOWN[format]);

function classes(known, onchange) {
  return select([["", t("any")], ...known.classes.map((each) => [each, each])], "", onchange);
}

function seedInput(onchange) {
  return h("input", { type: "number", min: 0, max: MAX_SEED, step: 1, value: 0, oninput: onchange });
}

const seedOf = (input) => Math.max(0, Math.min(MAX_SEED, Math.trunc(Number(input.value) || 0)));

// A place that shows what a format holds, and keeps the last blob for saving. grid: whether it is a sheet of many.
function stage(format, alt, grid = false) {
  const kind = SHOWN[format];
  const element =
    kind === "img"
      ? h("img", { alt, class: "sample" })
      : kind === "audio"
        ? h("audio", { controls: true, "aria-label": alt })
        : h("pre", { class: "texts" });
  let last = null;
  const show = async (blob) => {
    last = blob;
    if (kind === "text") element.textContent = await blob.text();
    else if (kind === "audio") {
      URL.revokeObjectURL(element.src);
      element.src = URL.createObjectURL(blob);
    } else {
      await showBlob(element, blob);
      element.classList.toggle("pixels", element.naturalWidth < SMALL || grid);
    }
  };
  return { element, show, blob: () => last };
}

function turnCard(signal, name, known, format) {
  const view = stage(format, name),
    note = h("p", { class: "soft working" }, t("finding"));
  const seed = seedInput(() => ask()),
    label = classes(known, () => ask());
  const sliders = Array.from({ length: DIRECTIONS }, (_, number) =>
    h("input", {
      type: "range",
      min: -EXTENT,
      max: EXTENT,
      step: 0.05,
      value: 0,
      "aria-label": t("direction", { n: number + 1 }),
      oninput: () => ask(),
    }),
  );
  const ask = newest(async () => {
    const along = sliders.map((slider) => Number(slider.value)).join(",");
    const { blob } = await made(name, "move", { seed: seedOf(seed), label: label.value, along, format });
    if (signal.aborted) return;
    await view.show(blob);
    note.hidden = true;
  });
  const middle = () => {
    for (const slider of sliders) slider.value = 0;
    ask();
  };
  const another = () => {
    seed.value = Math.floor(Math.random() * 100_000);
    ask();
  };
  ask();
  const grid = h(
    "div",
    { class: "sliders" },
    sliders.map((slider, number) => [h("span", { "aria-hidden": "true" }, String(number + 1)), slider]),
  );
  return h(
    "section",
    { class: "card split" },
    h("figure", { class: "newest" }, view.element, note),
    h(
      "div",
      { class: "side" },
      h("h2", {}, t("turn")),
      h("div", { class: "fields" }, field(t("seed"), seed), known.classes.length ? field(t("class"), label) : null),
      grid,
      h(
        "div",
        { class: "row" },
        button(t("another"), another, "strong"),
        button(t("middle"), middle),
        button(t("save"), () => view.blob() && download(view.blob(), `${name}-${seedOf(seed)}${format}`)),
      ),
    ),
  );
}

function manyCard(signal, name, known) {
  const preview = shownFormat(known);
  const view = preview ? stage(preview, t("many"), preview === ".png") : null,
    working = h("p", { class: "soft working", hidden: true }, t("making"));
  const notes = h("p", { class: "soft" });
  const number = h("input", { type: "number", min: 1, max: known.limits.samples, value: MANY[preview] ?? 24 });
  const seed = seedInput(() => ask()),
    label = classes(known, () => ask());
  const [least, most] = known.truncation,
    cut = h("input", {
      type: "range",
      min: least,
      max: most,
      step: 0.05,
      value: most,
      oninput: () => {
        shown();
        ask();
      },
    });
  const amount = h("output", {}),
    shown = () => {
      amount.textContent = truncation() || t("off");
    };
  const truncation = () => (known.truncation.length && Number(cut.value) < most ? cut.value : "");
  const format = select(
    known.formats.map((each) => [each, each]),
    known.formats.includes(".zip") ? ".zip" : known.formats[0],
  );
  number.addEventListener("input", () => ask());
  const asked = () => ({
    count: Math.max(1, Math.trunc(Number(number.value)) || 1),
    seed: seedOf(seed),
    label: label.value,
    truncation: truncation(),
  });
  const ask = newest(async () => {
    if (!view) return;
    working.hidden = false;
    try {
      const { blob } = await made(name, "generate", { ...asked(), format: preview, grid: preview === ".png" });
      if (!signal.aborted) await view.show(blob);
    } finally {
      working.hidden = true;
    }
  });
  async function save() {
    const found = await made(name, "generate", { ...asked(), format: format.value });
    notes.textContent = found.notes.join(" ");
    download(found.blob, `${name}-${seedOf(seed)}${format.value}`);
  }
  shown();
  ask();
  return card(
    t("many"),
    h(
      "div",
      { class: "fields" },
      field(t("count"), number),
      field(t("seed"), seed),
      known.classes.length ? field(t("class"), label) : null,
      known.truncation.length ? field([t("truncation"), amount], cut) : null,
    ),
    h("figure", { class: "sheetbox" }, view?.element, working),
    h("div", { class: "row" }, field(t("format"), format), button(t("save"), save)),
    notes,
  );
}

function walkCard(signal, name, known) {
  const view = stage(".gif", t("walk")),
    working = h("p", { class: "soft working", hidden: true }, t("making"));
  const keyframes = h("input", { type: "number", min: 2, max: 12, value: 5 }),
    seed = seedInput(() => {}),
    label = classes(known, () => {});
  const save = button(t("save"), () => download(view.blob(), `${name}-walk.gif`));
  save.hidden = view.element.hidden = true;
  async function make(event) {
    event.target.disabled = true;
    working.hidden = false;
    try {
      const { blob } = await made(name, "interpolate", {
        keyframes: keyframes.value,
        frames: 12,
        fps: 12,
        seed: seedOf(seed),
        label: label.value,
        format: ".gif",
      });
      if (!signal.aborted) await view.show(blob);
      save.hidden = view.element.hidden = false;
    } finally {
      event.target.disabled = false;
      working.hidden = true;
    }
  }
  return card(
    t("walk"),
    h(
      "div",
      { class: "fields" },
      field(t("keyframes"), keyframes),
      field(t("seed"), seed),
      known.classes.length ? field(t("class"), label) : null,
    ),
    h("figure", { class: "walk" }, view.element, working),
    h("div", { class: "row" }, button(t("walkMake"), make), save),
  );
}
