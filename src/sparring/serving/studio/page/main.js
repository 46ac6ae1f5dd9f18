// The frame of the page: which part is shown, in which language.

import { Problem, takeToken } from "./api.js";
import { comparePage } from "./compare.js";
import { button, h } from "./dom.js";
import { runPage } from "./run.js";
import { runsPage } from "./runs.js";
import { trainPage } from "./train.js";
import { language, setLanguage, t } from "./words.js";

const at = (id) => document.getElementById(id);
const icon = h("img", { src: "/page/icon.svg", alt: "", width: 26, height: 26 }); // one, which needs no second load
let leave = () => {};

export function say(text, bad = false) {
  at("message").className = bad ? "bad" : "";
  at("message").replaceChildren(
    ...(text
      ? [h("span", {}, text), h("button", { type: "button", "aria-label": t("close"), onclick: () => say("") }, "×")]
      : []),
  );
}

function head(place) {
  const link = (address, text) => h("a", { href: address, "aria-current": place === address ? "page" : null }, text);
  at("head").replaceChildren(
    h(
      "a",
      {
        class: "skip",
        href: "#main",
        onclick: (event) => {
          event.preventDefault();
          at("main").focus();
        },
      },
      t("skip"),
    ),
    h("a", { class: "brand", href: "#/" }, icon, "sparring"),
    h("nav", {}, link("#/", t("runs")), link("#/train", t("train")), link("#/compare", t("compareRuns"))),
    button(
      t("language"),
      () => {
        setLanguage(language() === "zh" ? "en" : "zh");
        show();
      },
      "quiet",
    ),
  );
}

async function show() {
  leave();
  say("");
  document.documentElement.lang = language();
  const [, part, name, tab] = location.hash.split("/");
  head(["train", "compare"].includes(part) ? `#/${part}` : "#/");
  const alive = new AbortController(); // of this part of the page
  leave = () => alive.abort();
  const place = h("div", { class: "page" });
  at("main").replaceChildren(place);
  scrollTo(0, 0);
  try {
    if (part === "train") await trainPage(place, alive.signal, name ? decodeURIComponent(name) : "");
    else if (part === "run") await runPage(place, alive.signal, decodeURIComponent(name), tab ?? "progress");
    else if (part === "compare") await comparePage(place, alive.signal);
    else await runsPage(place, alive.signal);
  } catch (error) {
    problem(error);
  }
}

function problem(error) {
  if (error?.name === "AbortError") return;
  say(error instanceof Problem ? error.message : String(error?.message ?? error), true);
}

addEventListener("unhandledrejection", (event) => problem(event.reason));
addEventListener("hashchange", () => {
  takeToken();
  show();
});
takeToken();
show();
