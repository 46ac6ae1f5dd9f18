// Begin a training: which data, what it holds, how to learn.

import { get, post } from "./api.js";
import { button, card, field, fill, h, select } from "./dom.js";
import { count, t } from "./words.js";

const TIMES = ["1m", "5m", "15m", "1h", "4h", "12h"];

export async function trainPage(place, signal, given) {
  document.title = `${t("train")} - sparring studio`;
  const about = await get("about");
  if (signal.aborted) return;
  const data = h("input", {
    type: "text",
    value: given,
    placeholder: "digits",
    spellcheck: "false",
    autocapitalize: "off",
    list: "names",
    required: true,
  });
  const names = h(
    "datalist",
    { id: "names" },
    about.names.map((name) => h("option", { value: name })),
  );
  const chooser = h("div", { class: "chooser", hidden: true }),
    found = h("div", { "aria-live": "polite" });
  const look = button(t("look"), () => checked());
  const recipe = select([["", t("auto")], ...about.recipes.map((each) => [each.name, each.name])], "");
  const recipeField = field(t("recipe"), recipe, t("autoHint"));
  recipe.addEventListener("change", () => {
    recipeField.lastChild.textContent =
      about.recipes.find((each) => each.name === recipe.value)?.summary ?? t("autoHint");
  });
  const budget = select(
    TIMES.map((time) => [time, time]),
    "1m",
  );
  const size = h("input", { type: "text", placeholder: "64x64", pattern: "\\d+x\\d+" });
  const name = h("input", { type: "text", required: true, value: freeName(given) });
  let typed = false;
  name.addEventListener("input", () => {
    typed = true;
  });
  data.addEventListener("input", () => {
    if (!typed) name.value = freeName(data.value);
  });

  async function checked() {
    look.disabled = true;
    found.replaceChildren(h("p", { class: "soft working" }, t("looking")));
    try {
      const report = await post("check", { data: data.value, ...(recipe.value ? { recipe: recipe.value } : {}) });
      if (!signal.aborted) found.replaceChildren(scan(report));
    } catch (error) {
      found.replaceChildren(h("p", { class: "fault", role: "alert" }, error.message));
    } finally {
      look.disabled = false;
    }
  }

  async function begin(event) {
    event.preventDefault();
    const asked = { data: data.value, name: name.value.trim(), budget: budget.value };
    if (recipe.value) asked.recipe = recipe.value;
    if (size.value.trim()) asked.size = size.value.trim();
    await post("trainings", asked);
    location.hash = `#/run/${encodeURIComponent(asked.name)}/progress`;
  }

  const browse = button(t("browse"), () => {
    chooser.hidden = !chooser.hidden;
    if (!chooser.hidden)
      list(chooser, ".", about, (path) => {
        data.value = path;
        data.dispatchEvent(new Event("input"));
        chooser.hidden = true;
        browse.focus();
      });
  });
  place.append(
    h("div", { class: "title" }, h("h1", {}, t("newTraining"))),
    h(
      "form",
      { class: "stack", onsubmit: begin },
      card(
        t("what"),
        field(t("data"), data, t("dataHint")),
        names,
        h("div", { class: "row" }, browse, look),
        chooser,
        found,
      ),
      card(
        t("how"),
        h(
          "div",
          { class: "fields" },
          recipeField,
          field(t("budget"), budget),
          field(t("size"), size, t("sizeHint")),
          field(t("name"), name),
        ),
        h("div", { class: "row end" }, h("button", { type: "submit", class: "strong" }, t("start"))),
      ),
    ),
  );
}

function freeName(data) {
  const last = data.split(/[/\\]/).filter(Boolean).pop() ?? "";
  return last
    .replace(/\.\w+$/, "")
    .replace(/[^\p{L}\p{N} _-]+/gu, "-")
    .replace(/^[-. ]+/, "");
}

async function list(chooser, path, about, chosen) {
  const found = await get(`folder?${new URLSearchParams({ path })}`);
  const again = (next) => list(chooser, next, about, chosen);
  const entry = (each) =>
    h(
      "li",
      {},
      each.folder ? button(`▸ ${each.name}`, () => again(each.path), "plain") : h("span", {}, each.name),
      button(t("open"), () => chosen(each.path), "quiet"),
    );
  fill(
    chooser,
    h(
      "p",
      { class: "soft" },
      `${t("builtIn")}: `,
      about.names.map((name) => button(name, () => chosen(name), "chip")),
    ),
    h("p", { class: "path" }, found.path),
    about.roots.length > 1
      ? h(
          "p",
          {},
          about.roots.map((root) => button(root, () => again(root), "chip")),
        )
      : null,
    found.above ? button(`↑ ${t("above")}`, () => again(found.above), "plain") : null,
    h("ul", {}, found.entries.map(entry)),
    found.more ? h("p", { class: "soft" }, t("more", { n: found.more })) : null,
  );
}

function scan(found) {
  const { report } = found,
    listed = (values) =>
      Object.entries(values)
        .slice(0, 20)
        .map(([name, number]) => `${name} ${count(number)}`)
        .join(", ");
  const facts = [
    [t("kind"), found.modality],
    [t("shape"), found.shape.join(" × ")],
    [
      t("split"),
      Object.entries(report.counts)
        .map(([split, number]) => `${count(number)} ${split}`)
        .join(", "),
    ],
    [t("labels"), listed(report.labels ?? {})],
    [t("duplicates"), count(report.duplicates)],
    [t("skipped"), report.skipped.length ? count(report.skipped.length) : t("nothingSkipped")],
  ];
  return h(
    "div",
    { class: "scan" },
    h(
      "dl",
      {},
      facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    report.skipped.length
      ? h(
          "ul",
          { class: "faults" },
          report.skipped.slice(0, 50).map(([name, reason]) => h("li", {}, h("b", {}, name), ` ${reason}`)),
        )
      : null,
    h(
      "details",
      {},
      h("summary", {}, t("why")),
      h(
        "ul",
        {},
        found.notes.map((note) => h("li", {}, note)),
      ),
    ),
  );
}
