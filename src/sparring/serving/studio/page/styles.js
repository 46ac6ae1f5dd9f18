// The styles of two seeds in one sample, and the latent of a picture that somebody brings.

import { made } from "./api.js";
import { button, card, download, field, h, newest, select, showBlob } from "./dom.js";
import { t } from "./words.js";

const MAX_SEED = 2 ** 31,
  SMALL = 40; // pixels; below, they are shown as squares
const PICTURES = "image/png,image/jpeg,image/webp,image/tiff,image/bmp";

const seedField = (value, oninput) => h("input", { type: "number", min: 0, max: MAX_SEED, step: 1, value, oninput });
const numberOf = (input) => Math.max(0, Math.min(MAX_SEED, Math.trunc(Number(input.value) || 0)));

async function showPicture(image, blob) {
  await showBlob(image, blob);
  image.classList.toggle("pixels", image.naturalWidth < 2 * SMALL);
}

// Coarse layers of one seed, fine layers of another. known.layers: how many the generator has.
export function mixCard(signal, name, known) {
  const picture = h("img", { alt: t("mix"), class: "sample" });
  let last = null;
  const coarse = seedField(0, () => ask()),
    fine = seedField(1, () => ask());
  const layers = h("input", {
    type: "range",
    min: 0,
    max: known.layers,
    step: 1,
    value: Math.floor(known.layers / 2),
    oninput: () => ask(),
  });
  const label = select([["", t("any")], ...known.classes.map((each) => [each, each])], "", () => ask());
  const ask = newest(async () => {
    const asked = { seed: numberOf(coarse), style_seed: numberOf(fine), layers: layers.value, label: label.value };
    const { blob } = await made(name, "mix", { ...asked, format: ".png" });
    if (signal.aborted) return;
    last = blob;
    await showPicture(picture, blob);
  });
  ask();
  return h(
    "section",
    { class: "card split" },
    h("figure", { class: "mixed" }, picture),
    h(
      "div",
      { class: "side" },
      h("h2", {}, t("mix")),
      h(
        "div",
        { class: "fields" },
        field(t("coarseSeed"), coarse),
        field(t("fineSeed"), fine),
        field(t("coarseLayers"), layers),
        known.classes.length ? field(t("class"), label) : null,
      ),
      h(
        "div",
        { class: "row" },
        button(t("save"), () => last && download(last, `${name}-${numberOf(coarse)}-${numberOf(fine)}.png`)),
      ),
    ),
  );
}

// A picture beside what the generator makes of the latent that comes nearest.
export function invertCard(signal, name, known) {
  const file = h("input", { type: "file", accept: PICTURES, class: "hidden", id: "inverted" });
  const drop = h("label", { for: "inverted", class: "drop" }, h("span", {}, t("drop")), file);
  const note = h("p", { class: "soft", "aria-live": "polite" }),
    fault = h("p", { class: "fault", role: "alert", hidden: true });
  const picture = h("img", { alt: t("inverted"), class: "sample", hidden: true });
  const label = select([["", t("any")], ...known.classes.map((each) => [each, each])], "");
  const save = button(t("saveLatent"), () => download(code, `${name}-latent.safetensors`));
  let code = null;
  save.hidden = true;

  async function invert(picked) {
    fault.hidden = true;
    note.textContent = t("inverting");
    note.classList.add("working");
    try {
      const asked = { label: label.value };
      const shown = await made(name, "invert", { ...asked, format: ".png" }, picked);
      const found = await made(name, "invert", { ...asked, format: ".safetensors" }, picked);
      if (signal.aborted) return;
      code = found.blob;
      note.textContent = shown.notes.join(" ");
      await showPicture(picture, shown.blob);
      picture.hidden = save.hidden = false;
    } catch (error) {
      note.textContent = "";
      fault.hidden = false;
      fault.textContent = error.message;
    } finally {
      note.classList.remove("working");
      file.value = "";
    }
  }

  file.addEventListener("change", () => file.files[0] && invert(file.files[0]));
  for (const kind of ["dragenter", "dragover"])
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files[0]) invert(event.dataTransfer.files[0]);
  });
  return card(
    t("invert"),
    known.classes.length ? h("div", { class: "fields" }, field(t("class"), label)) : null,
    drop,
    note,
    fault,
    h("figure", { class: "inverted" }, picture),
    save,
  );
}
