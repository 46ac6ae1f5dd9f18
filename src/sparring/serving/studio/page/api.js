// Talks to the studio. The token stands behind the # of the first address; it is kept for this tab and its copies.

import { t } from "./words.js";

const KEY = "sparring-token";

export function takeToken() {
  const found = /^#token=([\w-]+)$/.exec(location.hash);
  if (!found) return;
  localStorage.setItem(KEY, found[1]);
  history.replaceState(null, "", "#/");
}

export class Problem extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

async function answer(path, options = {}) {
  let response;
  const headers = { authorization: `Bearer ${localStorage.getItem(KEY) ?? ""}`, ...options.headers };
  try {
    response = await fetch(`/api/${path}`, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(t("gone"), 0);
  }
  if (response.ok) return response;
  if (response.status === 401) throw new Problem(t("noToken"), 401);
  let said;
  try {
    said = (await response.json()).error;
  } catch {
    said = response.statusText;
  }
  throw new Problem(said, response.status);
}

export const get = async (path) => (await answer(path)).json();

export async function post(path, values = {}) {
  const body = JSON.stringify(values);
  return (await answer(path, { method: "POST", body, headers: { "content-type": "application/json" } })).json();
}

const model = (name, path) => `models/${encodeURIComponent(name)}/v1/${path}`;

// What a trained run makes: { blob, notes }. `asked` without what is null or "".
export async function made(name, path, asked = {}, body) {
  const given = Object.entries(asked).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const options = body ? { method: "POST", body, headers: { "content-type": "application/octet-stream" } } : {};
  const response = await answer(`${model(name, path)}?${new URLSearchParams(given)}`, options);
  return { blob: await response.blob(), notes: JSON.parse(response.headers.get("sparring-notes") ?? "[]") };
}

export const info = (name) => get(model(name, "info"));
export const run = (name, path = "") => `runs/${encodeURIComponent(name)}${path}`;
