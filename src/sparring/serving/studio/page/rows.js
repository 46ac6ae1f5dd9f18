// New rows of a table, those that fulfil a condition, and their download.

import { made } from "./api.js";
import { button, card, download, field, h } from "./dom.js";
import { t } from "./words.js";

const SHOWN = 20;

export function rowsCard(body, signal, name, known) {
  const where = h("input", { type: "text", spellcheck: "false", autocapitalize: "off" });
  const rows = h("input", { type: "number", min: 1, max: known.limits.samples, value: 100 }),
    seed = h("input", { type: "number", min: 0, value: 0 });
  const table = h("div", { class: "wide", "aria-live": "polite" }),
    fault = h("p", { class: "fault", role: "alert", hidden: true });
  const asked = (count) => ({
    count,
    seed: Math.max(0, Math.trunc(Number(seed.value) || 0)),
    where: where.value.trim(),
    format: ".csv",
  });
  async function trying(work) {
    fault.hidden = true;
    try {
      await work();
    } catch (error) {
      fault.hidden = false;
      fault.textContent = error.message;
    }
  }
  const show = () =>
    trying(async () => {
      const { blob } = await made(name, "generate", asked(Math.min(SHOWN, Number(rows.value) || SHOWN)));
      if (!signal.aborted) table.replaceChildren(tableOf(parsed(await blob.text())));
    });
  const save = () =>
    trying(async () => {
      const { blob } = await made(name, "generate", asked(Math.max(1, Math.trunc(Number(rows.value)) || 1)));
      download(blob, `${name}.csv`);
    });
  const form = h(
    "form",
    {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        show();
      },
    },
    field(t("where"), where, t("whereHint")),
    h("div", { class: "fields" }, field(t("rows"), rows), field(t("seed"), seed)),
    h("div", { class: "row" }, h("button", { type: "submit", class: "strong" }, t("show")), button(t("csv"), save)),
  );
  body.append(card(t("rows"), form, fault, table));
  show();
}

// CSV as RFC 4180 has it: quotes around what holds commas, quotes or line breaks.
export function parsed(text) {
  const rows = [];
  let row = [],
    cell = "",
    quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === ",") {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") {
      rows.push([...row, cell]);
      [row, cell] = [[], ""];
    } else if (letter !== "\r") cell += letter;
  }
  if (cell || row.length) rows.push([...row, cell]);
  return rows;
}

function tableOf([head = [], ...rows]) {
  return h(
    "table",
    { class: "rows" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        head.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          {},
          row.map((value) => h("td", {}, value)),
        ),
      ),
    ),
  );
}
