// What the page says, in English and Chinese. Sentences of the program itself are English.

const en = {
  runs: "Runs", train: "Train", language: "中文", skip: "Skip to the content",
  gone: "The studio does not answer: is it still running in its terminal?",
  noToken: "Open the address that the studio printed in its terminal: it holds the key.",
  noRuns: "Nothing here yet", noRunsHint: "Train a GAN on your pictures, tables, series, sounds or texts, or try it on the built-in digits.",
  first: "Train on the digits", newTraining: "New training", unlisted: "{n} runs have names that no address can hold; they are not shown.",
  training: "training", finished: "finished", stopped: "stopped", damaged: "damaged", refused: "did not start",
  examples: "examples", of: "{a} of {b} examples", score: "Score", recipe: "Recipe", data: "Data", open: "Open",
  progress: "Progress", use: "Use", share: "Evaluate and export", back: "All runs",
  stop: "Stop, saved", goOn: "Go on", longer: "Train longer", inAll: "Time in all", report: "Full report", log: "What it prints",
  stopping: "It stops after this step and saves.", samples: "Newest samples", overTime: "Samples over time", none: "The first samples come with the first tick.",
  why: "What was chosen, and why", curves: "Curves", waiting: "Reading the data ...", notYet: "This run has no trained generator yet. The first one comes with the first tick.",
  tryAgain: "Begin again", what: "What to learn from", dataHint: "A folder, a .zip, a table, or a name such as digits", browse: "Choose ...", close: "Close",
  look: "Look at the data", looking: "Reading every file ...", split: "Examples", shape: "Shape", labels: "Classes", duplicates: "Duplicates", skipped: "Skipped", nothingSkipped: "none",
  how: "How to learn", auto: "auto", autoHint: "Chosen from the data, and said why", budget: "Time", size: "Size", sizeHint: "Empty: as the data. Else 64x64", name: "Name of the run", start: "Start the training",
  above: "Folder above", more: "{n} more are not shown", builtIn: "Built in", kind: "Kind",
  seed: "Seed", another: "Another", class: "Class", any: "any", middle: "Sliders to the middle", save: "Save", turn: "Turn it", direction: "Direction {n}",
  finding: "Finding the directions in which samples change most ...", many: "Many at once", count: "How many", truncation: "Truncation", off: "off", make: "Make", format: "Format",
  walk: "A walk from sample to sample", keyframes: "Samples", walkMake: "Make the walk", making: "Making ...",
  where: "Only rows where", whereHint: "for example: age > 60 and city = 'Oslo'", rows: "Rows", show: "Show rows", csv: "Download CSV",
  drop: "Drop a picture here, or choose one", result: "Result", before: "Before", after: "After", compare: "Before and after", brush: "Brush over what is to be filled", brushSize: "Brush", clear: "Clear", apply: "Apply", reverse: "The other direction", applying: "Working on the picture ...",
  evaluate: "Measure it", evaluateHint: "Compares new samples with held-out data. Takes minutes; the page may be closed.", measuring: "Measuring ...", value: "value", interval: "95 %", real: "real examples",
  export: "Take it along", onnx: "ONNX file", onnxHint: "Runs anywhere, without sparring.", html: "One page", htmlHint: "Makes pictures in any browser, offline.", exporting: "Exporting ...", ready: "{file}, {size} MB", busy: "Busy: {what}",
  healthy: "healthy", "warming-up": "warming up", worsening: "worsening", "discriminator-dominates": "discriminator dominates", "generator-dominates": "generator dominates", "mode-collapse": "mode collapse", memorising: "memorising", plateau: "plateau", diverged: "diverged",
};

const zh = {
  runs: "训练记录", train: "训练", language: "English", skip: "跳到正文",
  gone: "Studio 没有回应：它还在终端里运行吗？",
  noToken: "请打开 Studio 在终端里打印的地址：密钥在其中。",
  noRuns: "这里还是空的", noRunsHint: "用你的图片、表格、序列、声音或文本训练 GAN，或先用内置的手写数字试一试。",
  first: "用手写数字训练", newTraining: "新的训练", unlisted: "有 {n} 个训练的名称无法写入地址，未列出。",
  training: "训练中", finished: "已完成", stopped: "已停止", damaged: "已损坏", refused: "未能开始",
  examples: "个样本", of: "{a} / {b} 个样本", score: "分数", recipe: "配方", data: "数据", open: "打开",
  progress: "进展", use: "使用", share: "评估与导出", back: "全部训练",
  stop: "保存并停止", goOn: "继续", longer: "延长训练", inAll: "总时长", report: "完整报告", log: "程序输出",
  stopping: "当前一步完成后保存并停止。", samples: "最新样本", overTime: "样本的变化", none: "首批样本在第一次评分时生成。",
  why: "自动选择的值及其理由", curves: "曲线", waiting: "正在读取数据……", notYet: "还没有训练好的生成器。第一次评分时会写出第一个。",
  tryAgain: "重新开始", what: "从哪些数据学习", dataHint: "文件夹、.zip、表格，或 digits 之类的名称", browse: "选择……", close: "关闭",
  look: "检查数据", looking: "正在读取每个文件……", split: "样本数", shape: "形状", labels: "类别", duplicates: "重复", skipped: "跳过", nothingSkipped: "无",
  how: "怎样学习", auto: "auto", autoHint: "由数据决定，并说明理由", budget: "时长", size: "尺寸", sizeHint: "留空：与数据相同；或 64x64", name: "训练的名称", start: "开始训练",
  above: "上一级文件夹", more: "还有 {n} 项未列出", builtIn: "内置", kind: "类型",
  seed: "种子", another: "换一个", class: "类别", any: "任意", middle: "滑块归中", save: "保存", turn: "调一调", direction: "方向 {n}",
  finding: "正在寻找样本变化最大的方向……", many: "一次多个", count: "数量", truncation: "截断", off: "关", make: "生成", format: "格式",
  walk: "从样本走到样本", keyframes: "样本数", walkMake: "生成动画", making: "正在生成……",
  where: "只要满足条件的行", whereHint: "例如：age > 60 and city = 'Oslo'", rows: "行数", show: "显示", csv: "下载 CSV",
  drop: "把图片拖到这里，或选择一张", result: "结果", before: "之前", after: "之后", compare: "前后对比", brush: "涂抹要填补的部分", brushSize: "画笔", clear: "清除", apply: "应用", reverse: "反方向", applying: "正在处理图片……",
  evaluate: "评估", evaluateHint: "把新样本与留出的数据比较。需要几分钟；可以关闭页面。", measuring: "正在评估……", value: "数值", interval: "95 %", real: "真实样本",
  export: "带走", onnx: "ONNX 文件", onnxHint: "不需要 sparring，到处可用。", html: "单个网页", htmlHint: "在任何浏览器里离线生成图片。", exporting: "正在导出……", ready: "{file}，{size} MB", busy: "正忙：{what}",
  healthy: "健康", "warming-up": "预热", worsening: "变差", "discriminator-dominates": "判别器占优", "generator-dominates": "生成器占优", "mode-collapse": "模式坍塌", memorising: "死记训练数据", plateau: "停滞", diverged: "发散",
};

const LANGUAGE = "sparring-language";
let chosen = localStorage.getItem(LANGUAGE) ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export const language = () => chosen;

export function setLanguage(code) {
  chosen = code;
  localStorage.setItem(LANGUAGE, code);
}

export function t(key, values = {}) {
  const text = (chosen === "zh" ? zh : en)[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const dictionaries = { en, zh };

export function short(value) {
  if (value === null || value === undefined) return "";
  const size = Math.abs(value);
  if (size >= 1e9) return value.toExponential(2);
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(3)}k`;
  return String(+value.toPrecision(3));
}

export const count = (value) => Number(value ?? 0).toLocaleString("en-US");
