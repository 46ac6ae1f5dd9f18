// What every exported page does: unpack the runtime and the model, draw and save.

const at = (id) => document.getElementById(id);
const facts = JSON.parse(at("facts").textContent);
let ort, session;

async function unpacked(id) {
  const packed = Uint8Array.from(atob(at(id).textContent), (letter) => letter.charCodeAt(0));
  at(id).remove();
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function started() {  // the runtime and its session: one of each, since the memory of WASM never shrinks
  const script = URL.createObjectURL(new Blob([await unpacked("runtime")], { type: "text/javascript" }));
  ort = await import(script);
  ort.env.wasm.wasmBinary = (await unpacked("wasm")).buffer;
  ort.env.wasm.numThreads = 1;
  session = await ort.InferenceSession.create(await unpacked("model"), { executionProviders: ["wasm"] });
}

function saved(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

const shade = (red, green, blue) => (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;  // as Pillow's L

// uint8 numbers, channels x height x width, on a canvas: one or three colours, and opacity beside them
function draw(canvas, numbers, channels, height, width) {
  const picture = new ImageData(width, height), area = width * height, grey = channels < 3, clear = channels % 2 === 0;
  for (let pixel = 0; pixel < area; pixel++) {
    for (let colour = 0; colour < 3; colour++)
      picture.data[4 * pixel + colour] = numbers[(grey ? 0 : colour) * area + pixel];
    picture.data[4 * pixel + 3] = clear ? numbers[(channels - 1) * area + pixel] : 255;
  }
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
