"use strict";

/* Draw, paste, drop or select an image; predictions follow every change.
   `background` is the median brightness at the edges of the training images, 0 to 255, or null if unknown. */
function openTryIt(network, background) {
  const element = (id) => document.getElementById(id);
  const canvas = element("try-canvas"), invert = element("try-invert"), note = element("try-note");
  const scale = Math.max(1, Math.round(280 / Math.max(network.height, network.width)));
  canvas.width = network.width * scale;
  canvas.height = network.height * scale;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const ground = background !== null && background > 127 ? "#fff" : "#000";
  const ink = ground === "#000" ? "#fff" : "#000";
  const padding = `rgb(${Array(3).fill(background === null ? 0 : background)})`; // for pictures of another aspect ratio
  let margins = []; // the padded areas, [left, top, width, height] each
  let exact = null; // unscaled pixels of a picture of the network's size
  let empty = true;
  element("try-it-tool").hidden = false;

  function clear() {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    exact = null;
    empty = true;
    invert.checked = false;
    margins = [];
    note.textContent = "";
    show();
  }

  /* The drawing, averaged to the network's size. */
  function shrunk() {
    const drawn = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    const pixels = new Float64Array(network.height * network.width * 3);
    for (let y = 0; y < canvas.height; y++) {
      for (let x = 0; x < canvas.width; x++) {
        const to = (Math.floor(y / scale) * network.width + Math.floor(x / scale)) * 3, from = (y * canvas.width + x) * 4;
        for (let part = 0; part < 3; part++) pixels[to + part] += drawn[from + part] / (scale * scale);
      }
    }
    return pixels;
  }

  function pixels() {
    const colours = exact || shrunk();
    const out = [];
    for (let at = 0; at < colours.length; at += 3) {
      const [red, green, blue] = [colours[at], colours[at + 1], colours[at + 2]];
      const found = network.channels === 3 ? [red, green, blue] : Array(network.channels).fill(grey(red, green, blue));
      out.push(...found.map((value) => Math.round(invert.checked ? 255 - value : value)));
    }
    return out;
  }

  const grey = (red, green, blue) => (red * 299 + green * 587 + blue * 114) / 1000;

  function show() {
    const rows = element("try-rows");
    if (empty) {
      rows.replaceChildren(...network.classes.map((name) => row(name, null)));
      element("try-answer").textContent = "Nothing drawn yet.";
      element("try-maps").replaceChildren();
      return;
    }
    const found = network.answer(pixels());
    const best = found.probabilities.indexOf(Math.max(...found.probabilities));
    rows.replaceChildren(...network.classes.map((name, i) => row(name, found.probabilities[i], i === best)));
    element("try-answer").textContent = `${network.classes[best]}, ${(100 * found.probabilities[best]).toFixed(1)}%`;
    const seen = found.maps.slice(0, 2);
    element("try-maps").replaceChildren(...seen.map(drawMaps));
  }

  function row(name, probability, best) {
    const line = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
    head.scope = "row";
    head.textContent = name;
    cell.className = "bar right";
    cell.style.setProperty("--share", probability || 0);
    cell.textContent = probability === null ? "–" : `${(100 * probability).toFixed(1)}%`;
    if (best) line.className = "best-answer";
    line.append(head, cell);
    return line;
  }

  /* The channels of a feature map, each scaled to its own maximum. */
  function drawMaps(map) {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption");
    const sheet = document.createElement("canvas"), columns = Math.min(8, map.channels);
    const shown = Math.min(map.channels, 64), lines = Math.ceil(shown / columns);
    sheet.width = columns * (map.width + 1) - 1;
    sheet.height = lines * (map.height + 1) - 1;
    const context = sheet.getContext("2d"), area = map.height * map.width;
    for (let c = 0; c < shown; c++) {
      const values = map.data.subarray(c * area, (c + 1) * area);
      const most = values.reduce((a, b) => Math.max(a, b), 1e-12);
      const picture = context.createImageData(map.width, map.height);
      values.forEach((value, at) => {
        const shade = Math.round((255 * Math.max(0, value)) / most);
        picture.data.set([shade, shade, shade, 255], 4 * at);
      });
      context.putImageData(picture, (c % columns) * (map.width + 1), Math.floor(c / columns) * (map.height + 1));
    }
    sheet.setAttribute("role", "img");
    sheet.setAttribute("aria-label", `${shown} of ${map.channels} feature maps of ${map.word}`);
    caption.textContent = `Output of ${map.word}: ${shown === map.channels ? "its" : `${shown} of its`} ${map.channels} maps of ${map.height} × ${map.width}, each from 0 (black) to its own maximum (white).`;
    figure.append(sheet, caption);
    return figure;
  }

  /* A picture of the network's size is used unchanged. Any other keeps its aspect ratio, is centred on whole pixels, as in
     `predict --fit`, and is padded with the brightness at the edges of the training images. */
  function take(image, where = [0, 0, image.width, image.height]) {
    const [, , wide, high] = where;
    const factor = Math.min(network.width / wide, network.height / high);
    const [width, height] = [wide, high].map((side) => Math.max(1, roundHalfToEven(side * factor)));
    const [left, top] = [Math.floor((network.width - width) / 2), Math.floor((network.height - height) / 2)];
    const same = wide === network.width && high === network.height;
    const inside = [left, top, width, height], [x, y, w, h] = inside.map((side) => side * scale);
    clear();
    margins = [[0, 0, canvas.width, y], [0, y + h, canvas.width, canvas.height - y - h], [0, y, x, h], [x + w, y, canvas.width - x - w, h]];
    pen.fillStyle = padding;
    for (const margin of margins) pen.fillRect(...margin);
    pen.imageSmoothingEnabled = !same;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, ...where, x, y, w, h);
    if (same) exact = readExactly(image, where);
    empty = false;
    const edge = edgeBrightness(exact || shrunk(), inside);
    if (background !== null && Math.abs(edge - background) > 127) {
      invert.checked = true;
      turnMargins();
      note.textContent = `This image is ${edge > 127 ? "light" : "dark"} at its edge, the training images are ${edge > 127 ? "dark" : "light"} there, so it was inverted.`;
    }
    show();
  }

  const roundHalfToEven = (value) => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

  /* Invert the margins, so that the network gets them unchanged from an inverted picture. */
  function turnMargins() {
    pen.globalCompositeOperation = "difference";
    pen.fillStyle = "#fff";
    for (const margin of margins) pen.fillRect(...margin);
    pen.globalCompositeOperation = "source-over";
  }

  function readExactly(image, where) {
    const small = document.createElement("canvas");
    [small.width, small.height] = [network.width, network.height];
    const context = small.getContext("2d");
    context.fillStyle = ground; // behind transparent pixels
    context.fillRect(0, 0, network.width, network.height);
    context.drawImage(image, ...where, 0, 0, network.width, network.height);
    const data = context.getImageData(0, 0, network.width, network.height).data;
    return Float64Array.from({ length: network.width * network.height * 3 }, (_, i) => data[Math.floor(i / 3) * 4 + (i % 3)]);
  }

  function edgeBrightness(colours, [left, top, width, height]) {
    let sum = 0, count = 0;
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) {
        if (y > top && y < top + height - 1 && x > left && x < left + width - 1) continue;
        const at = (y * network.width + x) * 3;
        sum += grey(colours[at], colours[at + 1], colours[at + 2]);
        count++;
      }
    }
    return sum / count;
  }

  function takeFile(file) {
    const image = new Image();
    const address = URL.createObjectURL(file);
    const done = () => URL.revokeObjectURL(address);
    image.onload = () => { take(image, [0, 0, image.naturalWidth, image.naturalHeight]); done(); };
    image.onerror = () => { note.textContent = `This browser cannot read ${file.name || "this file"} as an image.`; done(); };
    image.src = address;
  }

  /* Drawing. */
  let last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };
  function stroke(from, to) {
    exact = null;
    empty = false;
    pen.strokeStyle = ink;
    pen.lineWidth = Math.max(canvas.width, canvas.height) / 14;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    show();
  }
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const next = place(event);
    stroke(last, next);
    last = next;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let cursor = [canvas.width / 2, canvas.height / 2], down = false;
  canvas.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      if (!down) stroke(cursor, cursor);
      down = true;
    } else if (steps[event.key]) {
      event.preventDefault();
      const [right, low] = steps[event.key];
      const next = [cursor[0] + (right * canvas.width) / 20, cursor[1] + (low * canvas.height) / 20]
        .map((value, i) => Math.min(Math.max(value, 0), i ? canvas.height : canvas.width));
      if (down) stroke(cursor, next);
      cursor = next;
      note.textContent = `Pen at ${Math.round((100 * cursor[0]) / canvas.width)}% from the left, ${Math.round((100 * cursor[1]) / canvas.height)}% from the top.`;
    }
  });
  canvas.addEventListener("keyup", (event) => { if (event.key === " ") down = false; });

  /* Files. */
  element("try-file").addEventListener("change", (event) => {
    if (event.target.files.length) takeFile(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => {
    const item = [...(event.clipboardData ? event.clipboardData.items : [])].find((each) => each.type.startsWith("image/"));
    if (item) takeFile(item.getAsFile());
  });
  const tool = element("try-it-tool");
  tool.addEventListener("dragover", (event) => { event.preventDefault(); tool.classList.add("dropping"); });
  tool.addEventListener("dragleave", () => tool.classList.remove("dropping"));
  tool.addEventListener("drop", (event) => {
    event.preventDefault();
    tool.classList.remove("dropping");
    if (event.dataTransfer.files.length) takeFile(event.dataTransfer.files[0]);
  });
  element("try-clear").addEventListener("click", clear);
  invert.addEventListener("change", () => {
    turnMargins();
    show();
  });
  clear();
  return { take };
}
