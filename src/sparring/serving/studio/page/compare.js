// Two runs side by side: their newest samples, what they are, and the scores that both have.

import { get, run as pathOf } from "./api.js";
import { card, fill, h, select } from "./dom.js";
import { stateOf } from "./runs.js";
import { count, short, t } from "./words.js";

export async function comparePage(place, signal) {
  const { runs } = await get("runs");
  if (signal.aborted) return;
  const usable = runs.filter((each) => each.usable).map((each) => each.name);
  place.append(h("div", { class: "title" }, h("h1", {}, t("compareRuns"))));
  if (usable.length < 2) {
    place.append(h("p", {}, t("twoRuns")));
    return;
  }
  const shown = h("div", {});
  const choices = [0, 1].map((side) => {
    const made = select(
      usable.map((each) => [each, each]),
      usable[side],
      show,
    );
    made.setAttribute("aria-label", t(side ? "secondRun" : "firstRun"));
    return made;
  });
  place.append(h("div", { class: "row" }, choices), shown);

  async function show() {
    const names = choices.map((each) => each.value);
    const pair = await Promise.all(names.map((name) => get(pathOf(name))));
    if (signal.aborted || names.some((name, side) => name !== choices[side].value)) return;
    fill(shown, h("div", { class: "shelf" }, pair.map(about)), scores(pair));
  }
  await show();
}

function about(run) {
  const facts = [run.modality, run.recipe, run.data, run.examples ? `${count(run.examples)} ${t("seen")}` : null];
  return card(
    run.name,
    run.sheet ? h("figure", { class: "newest" }, h("img", { src: run.sheet, alt: run.name, class: "pixels" })) : null,
    stateOf(run),
    h("p", { class: "soft" }, facts.filter(Boolean).join(" · ")),
    (run.summary ?? []).slice(0, 2).map((sentence) => h("p", {}, sentence)),
  );
}

// A table of scores. Those of unlike data do not compare, and are shown without a mark.
function scores(pair) {
  const [first, second] = pair.map((run) => new Map((run.scores ?? []).map((score) => [score.title, score])));
  const titles = [...first.keys()].filter((title) => second.has(title));
  const alike = pair[0].content === pair[1].content && pair[0].evaluated === pair[1].evaluated;
  const better = (title) => {
    const [one, other] = [first, second].map((each) => each.get(title).value);
    const way = first.get(title).better;
    if (!alike || one === other || !["lower", "higher"].includes(way)) return -1;
    return (one < other) === (way === "lower") ? 0 : 1;
  };
  const cell = (score, best) => h("td", {}, best ? h("strong", {}, short(score.value)) : short(score.value));
  const rows = titles.map((title) =>
    h(
      "tr",
      {},
      h("td", {}, title),
      [first, second].map((each, side) => cell(each.get(title), better(title) === side)),
    ),
  );
  return card(
    t("scores"),
    alike ? null : h("p", { class: "soft" }, t("unlike")),
    rows.length
      ? h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              [t("score"), ...pair.map((run) => run.name)].map((name) => h("th", { scope: "col" }, name)),
            ),
          ),
          h("tbody", {}, rows),
        )
      : h("p", {}, t("noScores")),
  );
}
