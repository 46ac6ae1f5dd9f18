// The list of runs.

import { get } from "./api.js";
import { h } from "./dom.js";
import { count, short, t } from "./words.js";

const SECONDS = 4; // between two looks

export async function runsPage(place, signal) {
  document.title = "sparring studio";
  const list = h("div", { class: "shelf" });
  place.append(
    h(
      "div",
      { class: "title" },
      h("h1", {}, t("runs")),
      h("a", { class: "button", href: "#/train" }, t("newTraining")),
    ),
    list,
  );
  let before = "";
  async function look() {
    const found = await get("runs"),
      now = JSON.stringify(found);
    if (signal.aborted) return;
    if (now !== before) list.replaceChildren(...(found.runs.length ? found.runs.map(tile) : [empty()]));
    if (now !== before && found.unlisted) list.append(h("p", { class: "soft" }, t("unlisted", { n: found.unlisted })));
    before = now;
  }
  await look();
  const timer = setInterval(() => document.hidden || look(), SECONDS * 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function empty() {
  return h(
    "div",
    { class: "empty" },
    h("h2", {}, t("noRuns")),
    h("p", {}, t("noRunsHint")),
    h("a", { class: "button strong", href: "#/train/digits" }, t("first")),
  );
}

export const stateOf = (run) => h("span", { class: `state ${run.state}` }, t(run.state));

function tile(run) {
  const part = run.usable && run.state !== "training" ? "use" : "progress";
  const address = `#/run/${encodeURIComponent(run.name)}/${part}`;
  const facts = [run.modality, run.recipe, run.score ? `${run.score.title} ${short(run.score.value)}` : null];
  const seen = run.planned ? t("of", { a: count(run.examples), b: count(run.planned) }) : "";
  return h(
    "a",
    { class: "tile", href: address },
    h(
      "div",
      { class: "sheet" },
      run.sheet ? h("img", { src: run.sheet, alt: "", loading: "lazy" }) : h("span", {}, "…"),
    ),
    h(
      "div",
      { class: "about" },
      h("h2", {}, run.name),
      stateOf(run),
      h("p", { class: "soft" }, facts.filter(Boolean).join(" · ")),
      run.state === "training" && run.planned
        ? h("progress", { max: run.planned, value: run.examples, "aria-label": t("progress") })
        : null,
      h("p", { class: "soft" }, ["damaged", "refused"].includes(run.state) ? run.missing?.[0] : seen),
    ),
  );
}
