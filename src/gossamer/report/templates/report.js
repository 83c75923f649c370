"use strict";

(() => {
  const data = JSON.parse((document.getElementById("embedded") || { textContent: "{}" }).textContent);
  const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)}%`);

  const named = (origin) => (/^\d+$/.test(origin) ? `no. ${origin}` : origin);

  /* Table 2: the setting under the pointer, or in focus, shows its curves. */
  const panels = document.getElementById("panels");
  function showPanel(id) {
    for (const panel of panels.querySelectorAll(".panel")) panel.hidden = panel.id !== id;
    for (const button of document.querySelectorAll("[data-panel]")) {
      button.setAttribute("aria-expanded", String(button.dataset.panel === id));
    }
    panels.querySelector(".hint").hidden = true;
  }
  for (const button of document.querySelectorAll("[data-panel]")) {
    button.setAttribute("aria-expanded", "false");
    for (const event of ["mouseenter", "focus", "click"]) {
      button.addEventListener(event, () => showPanel(button.dataset.panel));
    }
  }

  /* The confusion matrix: a cell opens its images. */
  function picture(kind, answer, place) {
    const [origin, label, predicted, confidence, ofLabel] = answer;
    const item = document.createElement("li"), thumb = document.createElement("span"), said = document.createElement("span");
    thumb.className = "thumb";
    thumb.setAttribute("role", "img");
    thumb.setAttribute("aria-label", `${data.classes[label]} predicted as ${data.classes[predicted]}`);
    thumb.style.setProperty("--x", place % data[kind].columns);
    thumb.style.setProperty("--y", Math.floor(place / data[kind].columns));
    said.className = "said";
    const small = document.createElement("small");
    small.textContent = label === predicted
      ? `${percent(confidence)}, ${named(origin)}` : `${percent(confidence)}; its own ${percent(ofLabel)}, ${named(origin)}`;
    said.append(small);
    item.append(thumb, said);
    return item;
  }
  const shown = document.getElementById("confusion-gallery");
  for (const button of document.querySelectorAll("[data-predicted]")) {
    button.addEventListener("click", () => {
      const label = Number(button.dataset.label), predicted = Number(button.dataset.predicted);
      const kind = label === predicted ? "correct" : "errors";
      const list = document.getElementById("confusion-pictures"), items = [];
      data[kind].answers.forEach((answer, place) => {
        if (answer[1] === label && answer[2] === predicted && place < data[kind].pictured) items.push(picture(kind, answer, place));
      });
      list.className = `pictures ${kind}`;
      list.replaceChildren(...items);
      const title = document.getElementById("confusion-title"), count = Number(button.textContent.replaceAll(",", ""));
      title.textContent = kind === "correct"
        ? `${data.classes[label]}, answered correctly` : `${data.classes[label]} predicted as ${data.classes[predicted]}`;
      document.getElementById("confusion-note").textContent = items.length === count
        ? `${count === 1 ? "The one image" : `All ${count} images`}, with the probability of the answer.`
        : `${items.length} of ${count} images, with the probability of the answer.`;
      shown.hidden = false;
      title.focus();
    });
  }

  /* Try it. */
  if (data.network) {
    const network = openNetwork(data.network);
    const tool = openTryIt(network, data.background);
    window.gossamer = network;
    for (const button of document.querySelectorAll("[data-sample]")) {
      button.addEventListener("click", () => {
        const place = Number(button.dataset.sample), { columns } = data.correct;
        const sheet = new Image();
        sheet.onload = () => tool.take(sheet, [(place % columns) * network.width, Math.floor(place / columns) * network.height, network.width, network.height]);
        sheet.src = getComputedStyle(button).backgroundImage.slice(5, -2);
      });
    }
  }

  /* Every figure downloads as SVG, its numbers and every other table's as CSV. */
  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  function csvOf(table) {
    const lines = [...table.rows].map((row) => [...row.cells].flatMap((cell) => {
      const plain = cell.cloneNode(true);
      for (const mark of plain.querySelectorAll("[aria-hidden], [role=img]")) mark.remove();
      const [mean, spread] = plain.textContent.trim().replace(/\s+/g, " ").split(" ± ");
      const quoted = `"${mean.replace(/−/g, "-").replaceAll('"', '""')}"`;
      const rest = Array(Math.max(0, cell.colSpan - 1)).fill("");
      return spread === undefined ? [quoted, ...rest] : [`"${mean} ± ${spread}"`, ...rest];
    }));
    return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
  }
  const painted = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "opacity",
    "font-family", "font-size", "font-weight", "text-anchor"];
  function svgOf(figure) {
    const drawings = [...figure.querySelectorAll("svg")], space = "http://www.w3.org/2000/svg";
    const whole = document.createElementNS(space, "svg");
    const origin = figure.getBoundingClientRect();
    let right = 0, bottom = 0;
    for (const drawing of drawings) {
      const copy = drawing.cloneNode(true), seen = drawing.getBoundingClientRect();
      const there = [drawing, ...drawing.querySelectorAll("*")], here = [copy, ...copy.querySelectorAll("*")];
      there.forEach((each, i) => {
        const style = getComputedStyle(each);
        for (const property of painted) here[i].style.setProperty(property, style.getPropertyValue(property));
      });
      const place = { x: seen.left - origin.left, y: seen.top - origin.top, width: seen.width, height: seen.height };
      for (const [name, value] of Object.entries(place)) copy.setAttribute(name, value);
      whole.append(copy);
      right = Math.max(right, place.x + place.width);
      bottom = Math.max(bottom, place.y + place.height);
    }
    whole.setAttribute("viewBox", `0 0 ${right} ${bottom}`);
    whole.setAttribute("xmlns", space);
    const back = document.createElementNS(space, "rect");
    for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: getComputedStyle(document.body).backgroundColor })) back.setAttribute(name, value);
    whole.prepend(back);
    return new XMLSerializer().serializeToString(whole);
  }
  function button(text, label, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "download";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", action);
    return made;
  }
  for (const figure of document.querySelectorAll("figure[data-name]")) {
    const { name, table } = figure.dataset, title = name.replace("-", " ");
    const data = () => save(`${name}.csv`, "text/csv", csvOf(document.getElementById(table).closest("table")));
    figure.append(button("SVG", `Download ${title} as SVG`, () => save(`${name}.svg`, "image/svg+xml", svgOf(figure))),
      button("CSV", `Download the numbers of ${title} as CSV`, data));
  }
  for (const caption of document.querySelectorAll("main caption[id^=table-]")) {
    caption.append(button("CSV", `Download ${caption.id.replace("-", " ")} as CSV`, () => save(`${caption.id}.csv`, "text/csv", csvOf(caption.closest("table")))));
  }
})();
