// One run: its progress, its use, its scores.

import { get, info, post, run as pathOf } from "./api.js";
import { applyPanel } from "./apply.js";
import { chart } from "./charts.js";
import { button, card, fill, h, select } from "./dom.js";
import { playPanel } from "./play.js";
import { stateOf } from "./runs.js";
import { scoresPanel } from "./share.js";
import { count, t } from "./words.js";

const SECONDS = 1.5; // between two looks at a training
const TABS = ["progress", "use", "share"];

export async function runPage(place, signal, name, tab) {
  document.title = `${name} - sparring studio`;
  const head = h("div", { class: "title" }),
    body = h("div", { class: "stack" });
  const tabs = h(
    "nav",
    { class: "tabs", "aria-label": name },
    TABS.map((each) =>
      h(
        "a",
        { href: `#/run/${encodeURIComponent(name)}/${each}`, "aria-current": each === tab ? "page" : null },
        t(each),
      ),
    ),
  );
  let details = await get(pathOf(name));
  if (signal.aborted) return;
  place.append(h("a", { class: "back", href: "#/" }, `← ${t("back")}`), head, tabs, body);
  const show = () => head.replaceChildren(h("h1", {}, name), stateOf(details));
  show();
  if (tab === "use") {
    await useTab(body, signal, name, details);
    return;
  }
  const refresh = tab === "share" ? scoresPanel(body, signal, name) : progressTab(body, name, () => look());
  refresh(details);
  let before = JSON.stringify(details);
  async function look() {
    const found = await get(pathOf(name)),
      now = JSON.stringify(found);
    if (signal.aborted || now === before) return;
    [details, before] = [found, now];
    show();
    refresh(details);
  }
  const timer = setInterval(
    () => (document.hidden || (details.state !== "training" && !details.busy) ? null : look()),
    SECONDS * 1000,
  );
  signal.addEventListener("abort", () => clearInterval(timer));
}

async function useTab(body, signal, name, details) {
  if (!details.usable) {
    body.append(h("div", { class: "empty" }, h("p", {}, t("notYet"))));
    return;
  }
  const known = await info(name);
  if (signal.aborted) return;
  if (known.paths.includes("/v1/apply")) applyPanel(body, signal, name, known);
  if (known.paths.includes("/v1/generate")) await playPanel(body, signal, name, known);
}

// The tab is built once; `refresh` changes what differs, so that an open log stays open and a focus where it is.
function progressTab(body, name, look) {
  const actions = h("div", { class: "row" }),
    bar = h("div", {}),
    said = h("div", { class: "summary" }),
    faults = h("div", {});
  const newest = h("figure", { class: "newest" }),
    over = h("div", { class: "film" }),
    curves = h("div", { class: "charts" });
  const log = h("pre", { tabindex: 0, "aria-label": t("log") }),
    reasons = h("dl", { class: "reasons" });
  const filmCard = card(t("overTime"), over),
    curvesCard = card(t("curves"), curves);
  const logCard = h("details", { class: "card" }, h("summary", {}, t("log")), log);
  const reasonsCard = h("details", { class: "card" }, h("summary", {}, t("why")), reasons);
  body.append(
    h("section", { class: "card split" }, newest, h("div", { class: "side" }, said, bar, actions, faults)),
    curvesCard,
    filmCard,
    logCard,
    reasonsCard,
  );

  return (run) => {
    const training = run.state === "training";
    fill(actions, actionsOf(run, name, look));
    fill(bar, barOf(run, training));
    fill(
      said,
      (run.summary ?? []).slice(0, training ? 1 : 3).map((sentence) => h("p", {}, sentence)),
      training && !run.examples ? h("p", { class: "soft working" }, lastLine(run) ?? t("waiting")) : null,
    );
    const shown = run.state === "damaged" || run.state === "refused" ? (run.missing ?? []) : [];
    fill(
      faults,
      shown.map((fault) => h("p", { class: "fault" }, fault)),
    );
    fill(
      newest,
      run.sheet ? h("img", { src: run.sheet, alt: t("samples") }) : h("p", { class: "soft" }, t("none")),
      h("figcaption", {}, run.sheet ? t("samples") : ""),
    );
    over.replaceChildren(...(run.sheets ?? []).map((sheet) => h("img", { src: sheet, alt: "", loading: "lazy" })));
    curves.replaceChildren(...(run.curves ?? []).map((curve) => chart(curve, training ? run.planned : null)));
    filmCard.hidden = (run.sheets ?? []).length < 2;
    curvesCard.hidden = !(run.curves ?? []).length;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.textContent = (run.printed ?? []).join("\n");
    logCard.hidden = !(run.printed ?? []).length;
    if (atEnd) log.scrollTop = log.scrollHeight;
    reasons.replaceChildren(
      ...Object.entries(run.reasons ?? {}).flatMap(([key, why]) => [h("dt", {}, key), h("dd", {}, why)]),
    );
    reasonsCard.hidden = !Object.keys(run.reasons ?? {}).length;
  };
}

const lastLine = (run) => (run.printed ?? []).at(-1);

function barOf(run, training) {
  if (!run.planned) return [];
  const health = run.diagnosis?.health;
  return [
    h("progress", { max: run.planned, value: run.examples, "aria-label": t("progress") }),
    h(
      "p",
      { class: "soft" },
      t("of", { a: count(run.examples), b: count(run.planned) }),
      health ? h("span", { class: `health ${health}`, title: run.diagnosis.evidence }, t(health)) : null,
    ),
    training && run.examples && lastLine(run) ? h("p", { class: "soft last" }, lastLine(run)) : null,
  ];
}

function actionsOf(run, name, look) {
  const act = (text, path, values, kind) =>
    button(
      text,
      async (event) => {
        event.target.disabled = true;
        try {
          await post(pathOf(name, path), values());
        } finally {
          event.target.disabled = false;
        }
        setTimeout(look, 300);
      },
      kind,
    );
  if (run.state === "training") return [act(t("stop"), "/stop", () => ({}), "strong")];
  const report = run.report
    ? h("a", { class: "button", href: run.report, target: "_blank", rel: "noopener" }, t("report"))
    : null;
  if (run.state === "refused") return [h("a", { class: "button", href: "#/train" }, t("tryAgain"))];
  if (run.state === "stopped") return [act(t("goOn"), "/go-on", () => ({}), "strong"), report];
  if (run.state !== "finished") return [];
  const time = select(
    ["2m", "5m", "10m", "30m", "1h", "4h", "12h"].map((each) => [each, each]),
    "10m",
  );
  time.setAttribute("aria-label", t("inAll"));
  return [
    report,
    h(
      "span",
      { class: "pair" },
      time,
      act(t("longer"), "/go-on", () => ({ budget: time.value })),
    ),
  ];
}
