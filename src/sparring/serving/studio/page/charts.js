// Curves of a training, drawn from the numbers that the report draws too.

import { h, s } from "./dom.js";
import { language, short } from "./words.js";

const WIDTH = 440,
  HEIGHT = 220,
  LEFT = 58,
  RIGHT = 12,
  TOP = 10,
  BOTTOM = 26;
const titles = {
  losses: "损失",
  accuracy: "判别器准确率",
  selection: "选择分数",
  variety: "多样性与新颖性",
  speed: "速度",
  reconstruction: "重建误差",
  kl: "隐变量的信息量",
};

// planned: how many examples the training is to see, the end of the axis.
export function chart(curve, planned) {
  const names = Object.keys(curve.lines),
    xs = curve.examples;
  const values = names.flatMap((name) => curve.lines[name].filter((value) => value !== null));
  const [low, high] = spread(Math.min(...values), Math.max(...values));
  const last = Math.max(1, planned ?? 0, xs[xs.length - 1]);
  const x = (value) => LEFT + (value / last) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const drawn = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": curve.title });
  for (const share of [0, 0.5, 1]) {
    const value = low + share * (high - low),
      at = y(value);
    drawn.append(
      s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at, class: "grid" }),
      s(
        "text",
        { x: LEFT - 8, y: at + 4, "text-anchor": "end" },
        curve.percent ? `${Math.round(100 * value)} %` : short(value),
      ),
    );
  }
  drawn.append(
    s("text", { x: LEFT, y: HEIGHT - 6 }, "0"),
    s("text", { x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, short(last)),
  );
  names.forEach((name, number) => {
    let pen = "M",
      path = "";
    curve.lines[name].forEach((value, place) => {
      if (value === null) {
        pen = "M";
        return;
      }
      path += `${pen}${x(xs[place]).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    });
    drawn.append(s("path", { d: path, class: `line line-${number % 6}` }));
    if (xs.length === 1)
      drawn.append(
        s("circle", { cx: x(xs[0]), cy: y(curve.lines[name][0] ?? low), r: 3, class: `dot line-${number % 6}` }),
      );
  });
  if (curve.best && names.length) {
    const place = xs.indexOf(curve.best.at),
      value = curve.lines[names[0]][place];
    if (place >= 0 && value !== null)
      drawn.append(s("circle", { cx: x(curve.best.at), cy: y(value), r: 4.5, class: "best" }));
  }
  const legend =
    names.length > 1
      ? h(
          "p",
          { class: "legend" },
          names.map((name, number) => h("span", { class: `key line-${number % 6}` }, name)),
        )
      : null;
  const title = language() === "zh" ? (titles[curve.key] ?? curve.title) : curve.title;
  return h("figure", { class: "chart", title: curve.hint }, h("h3", {}, title), drawn, legend);
}

function spread(low, high) {
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}
