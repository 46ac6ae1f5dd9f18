// Elements. Every text becomes text, never markup.

export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  return fill(made, ...children);
}

// Gives an element these children alone; what is null or false is none.
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function s(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

let fields = 0;

// A control with its label; `hint` is read out with it.
export function field(label, control, hint) {
  control.id ||= `field-${++fields}`;
  const said = hint ? h("small", { id: `${control.id}-hint`, class: "hint" }, hint) : null;
  if (said) control.setAttribute("aria-describedby", said.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, said);
}

export function select(options, value, onchange) {
  const made = h(
    "select",
    { onchange },
    options.map(([key, text]) => h("option", { value: key }, text)),
  );
  if (value !== undefined) made.value = value;
  return made;
}

export function button(text, onclick, kind = "") {
  return h("button", { type: "button", class: kind, onclick }, text);
}

export function card(title, ...children) {
  return h("section", { class: "card" }, title ? h("h2", {}, title) : null, ...children);
}

export function download(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Shows a blob in an image, and frees the one before it.
export function showBlob(image, blob) {
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
  return image.decode().catch(() => {});
}

// A slow thing that only its newest wish matters of: those in between are skipped.
export function newest(work) {
  let busy = false,
    waiting = null;
  return async function ask(...wish) {
    if (busy) {
      waiting = wish;
      return;
    }
    busy = true;
    try {
      await work(...wish);
    } finally {
      busy = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        ask(...next);
      }
    }
  };
}
