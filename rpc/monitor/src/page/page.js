// SPDX-License-Identifier: Apache-2.0
// What every report is drawn with. Its data is the JSON in the page; each part shows itself only when its data is there.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (selector, root = document) => root.querySelector(selector);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const charts = [];

function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

function show(id) {
  const section = document.getElementById(id);
  section.hidden = false;
  return section;
}

/** A number with five significant digits, or a dash. */
function text(x, digits = 5) {
  if (x === null || x === undefined) return "\u2013";
  if (Number.isInteger(x) && Math.abs(x) < 1e9) return x.toLocaleString("en");
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return x.toExponential(digits - 2).replace("e+", "e");
  return String(Number(x.toPrecision(digits))).replace("-", "\u2212");
}

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let u = 0;
  for (; n >= 1024 && u + 1 < units.length; ++u) n /= 1024;
  return (u ? n.toFixed(n < 100 ? 1 : 0) : n) + " " + units[u];
}

function seconds(s) {
  if (s > 0 && s < 1e-5) return (s * 1e9).toFixed(0) + " ns";
  if (s < 1e-3) return (s * 1e6).toFixed(0) + " \u00b5s";
  if (s < 1) return Number((s * 1e3).toPrecision(3)) + " ms";
  return s < 60 ? s.toFixed(2) + " s" : Math.floor(s / 60) + " min " + Math.round(s % 60) + " s";
}

const tip = $("#tip");
function tell(event, words) {
  tip.textContent = words;
  tip.hidden = !words;
  tip.style.left = Math.min(event.clientX + 14, innerWidth - 320) + "px";
  tip.style.top = event.clientY + 16 + "px";
}

function header() {
  $("#title").textContent = data.title;
  $("#lead").textContent = data.lead;
  $("#version").textContent = "lagoon " + data.run.version;
  for (const [value, label] of data.tiles)
    $("#tiles").append(make("div", {class: "tile"}, make("b", {}, value), make("span", {}, label)));
}

function axis(extra) {
  return {
    grid: {color: colour("line"), drawBorder: false, tickLength: 4},
    ticks: {color: colour("muted"), maxRotation: 0, autoSkipPadding: 18, font: {size: 11}, callback: (v) => text(v, 4)},
    ...extra,
  };
}

/** Spans of one thread in rows: what lies inside another goes below it. */
function rowsOf(spans) {
  const open = [];
  let deepest = 0;
  for (const s of [...spans].sort((a, b) => a.begin - b.begin || b.end - a.end)) {
    while (open.length && open[open.length - 1].end <= s.begin + 1e-9) open.pop();
    s.depth = open.length;
    deepest = Math.max(deepest, s.depth + 1);
    open.push(s);
  }
  return deepest;
}

/** 1, 2 or 5 times a power of ten, about as large as asked. */
function roundStep(about) {
  const power = 10 ** Math.floor(Math.log10(about || 1));
  return power * [1, 2, 5, 10].find((m) => m * power >= about * 0.7);
}

function timeline() {
  if (!data.timeline || !data.timeline.length) return;
  const section = show("timeline");
  const canvas = $("canvas", section);
  const kRow = 20, kGap = 12, kTop = 22, kLabel = 130;
  const end = Math.max(...data.timeline.flatMap((t) => t.spans.map((s) => s.end)));
  let height = kTop;
  for (const t of data.timeline) {
    t.top = height;
    height += rowsOf(t.spans) * kRow + kGap;
  }
  const palette = ["accent", "second", "low", "accent-soft", "high"];
  const kinds = [...new Set(data.timeline.flatMap((t) => t.spans.map((s) => s.category)))];
  const inks = (s) => palette[kinds.indexOf(s.category) % palette.length];
  let boxes = [];
  const draw = () => {
    const width = canvas.parentNode.clientWidth - 32, scale = devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const ctx = canvas.getContext("2d");
    ctx.scale(scale, scale);
    ctx.font = "11.5px system-ui, sans-serif";
    ctx.textBaseline = "middle";
    const x = (t) => kLabel + (width - kLabel) * t / end;
    for (let t = 0, step = roundStep(end / 5); t <= end; t += step) {
      const at = x(t), last = at > width - 50;
      ctx.fillStyle = colour("line");
      ctx.fillRect(at, kTop - 6, 1, height);
      ctx.fillStyle = colour("muted");
      ctx.textAlign = last ? "right" : "left";
      ctx.fillText(t === 0 ? "0" : seconds(t), last ? at - 2 : at + 2, 8);
    }
    boxes = [];
    ctx.textAlign = "left";
    for (const t of data.timeline) {
      ctx.fillStyle = colour("ink");
      ctx.fillText(t.name.slice(0, 22), 0, t.top + kRow / 2);
      for (const s of t.spans) {
        const left = x(s.begin), wide = Math.max(1, x(s.end) - left), top = t.top + s.depth * kRow;
        ctx.fillStyle = colour(inks(s));
        ctx.fillRect(left, top, wide, kRow - 3);
        boxes.push({left, top, wide, s});
        if (wide < 34) continue;
        ctx.save();
        ctx.beginPath();
        ctx.rect(left, top, wide - 4, kRow);
        ctx.clip();
        ctx.fillStyle = colour(inks(s) === "accent-soft" ? "ink" : "page");
        ctx.fillText(s.name, left + 5, top + (kRow - 3) / 2 + 0.5);
        ctx.restore();
      }
    }
  };
  canvas.addEventListener("mousemove", (e) => {
    const hit = boxes.filter((b) => e.offsetX >= b.left - 1 && e.offsetX <= b.left + b.wide + 1 && e.offsetY >= b.top && e.offsetY < b.top + kRow).pop();
    tell(e, hit ? `${hit.s.name}: ${seconds(hit.s.end - hit.s.begin)}, from ${seconds(hit.s.begin)}` : "");
  });
  canvas.addEventListener("mouseleave", (e) => tell(e, ""));
  addEventListener("resize", draw);
  charts.push(() => (draw(), {destroy() {}}));
}

function run() {
  const section = show("run");
  const body = make("tbody");
  for (const [name, value] of data.facts) body.append(make("tr", {}, make("td", {}, name), make("td", {}, value)));
  $(".scroll", section).append(make("table", {}, body));
}

/** Says in the page itself how many plots have ink on them, for readers of the source and for tests. */
function countPlots() {
  const canvases = [...document.querySelectorAll("section:not([hidden]) canvas")];
  const inked = canvases.filter((c) => {
    if (!c.width || !c.height) return false;
    const pixels = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    for (let i = 3; i < pixels.length; i += 4) if (pixels[i]) return true;
    return false;
  });
  document.body.dataset.plots = canvases.length;
  document.body.dataset.plotsDrawn = inked.length;
  document.body.dataset.heatCells = document.querySelectorAll("#correlation td.cell").length;
}

let drawn = [];
function drawAll() {
  for (const chart of drawn) chart.destroy();
  drawn = charts.map((draw) => draw());
  countPlots();
}

/** Draws what the parts have gathered. The parts given are made anew when colours change. */
function start(...coloured) {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  drawAll();
  for (const media of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(media).addEventListener("change", () => {
      for (const part of coloured) part();
      drawAll();
    });
  }
}
