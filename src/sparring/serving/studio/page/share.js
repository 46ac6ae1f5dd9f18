// Scores of a run and what is taken along: a report, an ONNX file, a page.

import { get, post, run as pathOf } from "./api.js";
import { button, card, h } from "./dom.js";
import { short, t } from "./words.js";

export function scoresPanel(body, signal, name) {
  const measured = h("div", { class: "wide" }),
    words = h("div", {}),
    report = h("span", {});
  const fault = () => h("p", { class: "fault", role: "alert", hidden: true });
  const [measuring, exporting] = [fault(), fault()],
    ready = h("div", { class: "stack", "aria-live": "polite" });
  const state = h("p", { class: "soft working", hidden: true });
  const acts = [];

  async function work(said, where, doing) {
    where.hidden = true;
    state.hidden = false;
    state.textContent = said;
    for (const each of acts) each.disabled = true;
    try {
      await doing();
    } catch (error) {
      if (!signal.aborted) {
        where.hidden = false;
        where.textContent = error.message;
      }
    } finally {
      state.hidden = true;
      for (const each of acts) each.disabled = false;
    }
  }

  const measure = button(
    t("evaluate"),
    () =>
      work(t("measuring"), measuring, async () => {
        await post(pathOf(name, "/evaluate"));
        const run = await get(pathOf(name));
        if (!signal.aborted) refresh(run);
      }),
    "strong",
  );
  const take = (to) =>
    button(t(to), () =>
      work(t("exporting"), exporting, async () => {
        const found = await post(pathOf(name, "/export"), { to });
        if (signal.aborted) return;
        const text = t("ready", { file: found.file, size: (found.size / 1e6).toFixed(1) });
        ready.append(
          h(
            "p",
            {},
            h("a", { class: "button strong", href: found.address, download: found.file }, `${t("save")}: ${text}`),
          ),
        );
      }),
    );
  acts.push(measure, take("onnx"), take("html"));
  const [, onnx, html] = acts;
  body.append(
    card(
      t("evaluate"),
      words,
      measured,
      h("p", { class: "soft" }, t("evaluateHint")),
      h("div", { class: "row" }, measure, report),
      measuring,
    ),
    card(
      t("export"),
      h(
        "div",
        { class: "choices" },
        h("div", {}, onnx, h("small", { class: "hint" }, t("onnxHint"))),
        h("div", {}, html, h("small", { class: "hint" }, t("htmlHint"))),
      ),
      exporting,
      ready,
    ),
    state,
  );

  function refresh(run) {
    words.replaceChildren(...(run.summary ?? []).slice(1, 2).map((sentence) => h("p", {}, sentence)));
    measured.replaceChildren(...(run.scores?.length ? [table(run.scores)] : []));
    report.replaceChildren(
      ...(run.report
        ? [h("a", { class: "button", href: run.report, target: "_blank", rel: "noopener" }, t("report"))]
        : []),
    );
    const idle = run.usable && !run.busy;
    for (const each of acts) each.disabled = !idle;
    state.hidden = !run.busy;
    if (run.busy) state.textContent = t("busy", { what: run.busy });
  }
  return refresh;
}

function table(scores) {
  const interval = (score) =>
    score.low === null || score.low === undefined ? "" : `${short(score.low)} … ${short(score.high)}`;
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        [t("score"), t("value"), t("interval"), t("real")].map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      scores.map((score) =>
        h(
          "tr",
          {},
          h("td", {}, score.title),
          h("td", {}, short(score.value)),
          h("td", {}, interval(score)),
          h("td", {}, short(score.real)),
        ),
      ),
    ),
  );
}
