// A picture goes in, another one comes out: before and after, and a brush for runs that fill holes.

import { made } from "./api.js";
import { button, card, download, field, h, select, showBlob } from "./dom.js";
import { t } from "./words.js";

const MAX_SIDE = 2048; // of a picture that is brushed here
const PICTURES = "image/png,image/jpeg,image/webp,image/tiff,image/bmp";

export function applyPanel(body, signal, name, known) {
  const file = h("input", { type: "file", accept: PICTURES, class: "hidden", id: "picture" });
  const drop = h("label", { for: "picture", class: "drop" }, h("span", {}, t("drop")), file);
  const note = h("p", { class: "soft", "aria-live": "polite" }),
    fault = h("p", { class: "fault", role: "alert", hidden: true });
  const work = h("div", {}),
    outcome = h("div", {});
  const takesReverse = known.reverse,
    reverse = select(
      [
        ["", "→"],
        ["true", "←"],
      ],
      "",
    );
  const pick = (picked) => (known.fills_holes ? brush(picked) : apply(picked, picked));
  file.addEventListener("change", () => file.files[0] && pick(file.files[0]));
  for (const kind of ["dragenter", "dragover"])
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files[0]) pick(event.dataTransfer.files[0]);
  });

  async function apply(upload, before) {
    fault.hidden = true;
    note.textContent = t("applying");
    note.classList.add("working");
    try {
      const { blob, notes } = await made(name, "apply", { reverse: takesReverse ? reverse.value : "" }, upload);
      if (signal.aborted) return;
      note.textContent = notes.join(" ");
      outcome.replaceChildren(await shown(blob, before, name));
    } catch (error) {
      note.textContent = "";
      fault.hidden = false;
      fault.textContent = error.message;
    } finally {
      note.classList.remove("working");
    }
  }

  async function brush(picked) {
    fault.hidden = true;
    try {
      work.replaceChildren(await brushing(picked, apply));
    } catch {
      fault.hidden = false;
      fault.textContent = t("drop");
    }
  }

  body.append(card(t("apply"), takesReverse ? field(t("reverse"), reverse) : null, drop, work, note, fault, outcome));
}

async function shown(blob, before, name) {
  const save = button(t("save"), () =>
    download(blob, `${name}-${blob.type.startsWith("image/") ? `result.${blob.type.slice(6)}` : "result.csv"}`),
  );
  if (!blob.type.startsWith("image/")) return h("div", {}, h("pre", { class: "texts" }, await blob.text()), save);
  const first = h("img", { alt: t("before") }),
    second = h("img", { alt: t("after"), class: "over" });
  await Promise.all([showBlob(first, before), showBlob(second, blob)]);
  for (const each of [first, second]) each.classList.toggle("pixels", each.naturalWidth < 200);
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": t("compare") });
  const box = h(
    "div",
    { class: "compare" },
    first,
    second,
    h("span", { class: "left" }, t("before")),
    h("span", { class: "right" }, t("after")),
  );
  const cut = () => box.style.setProperty("--cut", `${slider.value}%`);
  slider.addEventListener("input", cut);
  cut();
  return h("div", { class: "stack" }, box, slider, h("div", { class: "row" }, save));
}

// What is brushed becomes transparent, which is what such a run fills.
async function brushing(picked, apply) {
  const picture = await createImageBitmap(picked),
    scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  const canvas = h("canvas", { width, height, class: "brush", "aria-label": t("brush"), role: "img" });
  const paint = canvas.getContext("2d");
  const fresh = () => {
    paint.globalCompositeOperation = "source-over";
    paint.clearRect(0, 0, width, height);
    paint.drawImage(picture, 0, 0, width, height);
  };
  fresh();
  const size = h("input", {
    type: "range",
    min: 1,
    max: Math.max(4, Math.round(Math.max(width, height) / 6)),
    value: Math.max(2, Math.round(Math.max(width, height) / 24)),
  });
  let last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
  };
  const stroke = (event) => {
    const now = place(event);
    paint.globalCompositeOperation = "destination-out";
    Object.assign(paint, { lineWidth: Number(size.value), lineCap: "round" });
    paint.beginPath();
    paint.moveTo(...(last ?? now));
    paint.lineTo(now[0] + 0.01, now[1]);
    paint.stroke();
    last = now;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = null;
    stroke(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && stroke(event));
  canvas.addEventListener("pointerup", () => {
    last = null;
  });
  const go = () => canvas.toBlob((blob) => apply(blob, blob), "image/png");
  return h(
    "div",
    { class: "stack" },
    h("p", { class: "soft" }, t("brush")),
    canvas,
    field(t("brushSize"), size),
    h("div", { class: "row" }, button(t("apply"), go, "strong"), button(t("clear"), fresh)),
  );
}
