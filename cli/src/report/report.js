// SPDX-License-Identifier: Apache-2.0
// Draws a report from the JSON in the page. Each part shows itself only when its data is there.
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

function columnsTable() {
  if (!data.columns.length && !data.skipped.length) return;
  const section = show("columns");
  const heads = ["column", "count", "missing", "mean", "std. dev.", "min", "25 %", "median", "75 %", "max", "skewness", "kurtosis"];
  const body = make("tbody");
  for (const c of data.columns) {
    const missing = make("td", {}, text(c.missing));
    if (c.missing) {
      const share = 100 * c.missing / (c.count + c.missing);
      const bar = make("span", {class: "share", title: share.toFixed(1) + " %"}, make("i"));
      bar.firstChild.style.width = Math.max(4, share) + "%";
      missing.append(bar);
    }
    const row = make("tr", {}, make("td", {}, c.name), make("td", {}, text(c.count)), missing);
    for (const x of [c.mean, c.deviation, c.min, c.q1, c.median, c.q3, c.max, c.skewness, c.kurtosis])
      row.append(make("td", {}, text(x)));
    body.append(row);
  }
  if (data.columns.length)
    $(".scroll", section).append(make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((h) => make("th", {}, h)))), body));
  else $(".scroll", section).remove();
  for (const s of data.skipped) {
    const where = s.line ? `, line ${text(s.line)}: \u201c${s.example}\u201d` : "";
    const why = s.began_as_numbers ? "; numbers stand above it" : "";
    $(".notes", section).append(make("p", {}, make("b", {}, s.name), ` was left out (${s.kind}${where}${why})`));
  }
  for (const note of data.notes) $(".notes", section).append(make("p", {}, note));
}

/** Minimum, quartiles, median, mean and maximum above a histogram, on its x axis. */
const boxAbove = {
  id: "boxAbove",
  afterDatasetsDraw(chart) {
    const c = chart.config.options.box;
    const {ctx, chartArea: area, scales: {x}} = chart;
    const y = area.top - 15, half = 6;
    const at = (v) => x.getPixelForValue(v);
    ctx.save();
    ctx.strokeStyle = colour("accent");
    ctx.fillStyle = colour("accent-soft");
    ctx.lineWidth = 1.25;
    ctx.beginPath();
    ctx.moveTo(at(c.min), y);
    ctx.lineTo(at(c.max), y);
    for (const v of [c.min, c.max]) {
      ctx.moveTo(at(v), y - 3);
      ctx.lineTo(at(v), y + 3);
    }
    ctx.stroke();
    const width = Math.max(2, at(c.q3) - at(c.q1));
    ctx.fillRect(at(c.q1), y - half, width, 2 * half);
    ctx.strokeRect(at(c.q1), y - half, width, 2 * half);
    ctx.lineWidth = 2.25;
    ctx.beginPath();
    ctx.moveTo(at(c.median), y - half);
    ctx.lineTo(at(c.median), y + half);
    ctx.stroke();
    ctx.fillStyle = colour("second");
    ctx.beginPath();
    ctx.arc(at(c.mean), y, 3.2, 0, 7);
    ctx.fill();
    ctx.restore();
  },
};

function axis(extra) {
  return {
    grid: {color: colour("line"), drawBorder: false, tickLength: 4},
    ticks: {color: colour("muted"), maxRotation: 0, autoSkipPadding: 18, font: {size: 11}, callback: (v) => text(v, 4)},
    ...extra,
  };
}

function histograms() {
  const with_bins = data.columns.filter((c) => c.counts && c.counts.length);
  if (!with_bins.length) return;
  const section = show("histograms");
  for (const c of with_bins) {
    const canvas = make("canvas", {role: "img", "aria-label": `histogram of ${c.name}`});
    $(".grid", section).append(make("figure", {class: "card"},
      make("figcaption", {}, make("b", {title: c.name}, c.name), make("span", {}, `${text(c.mean, 4)} \u00b1 ${text(c.deviation, 3)}`)),
      make("div", {class: "plot"}, canvas)));
    const low = c.edges[0], high = c.edges[c.edges.length - 1];
    charts.push(() => new Chart(canvas, {
      type: "bar",
      data: {datasets: [{
        data: c.counts.map((n, i) => ({x: (c.edges[i] + c.edges[i + 1]) / 2, y: n})),
        backgroundColor: colour("accent"), hoverBackgroundColor: colour("second"),
        barPercentage: 0.96, categoryPercentage: 1, grouped: false,
      }]},
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, box: c,
        layout: {padding: {top: 30, right: 4}},
        interaction: {mode: "nearest", axis: "x", intersect: false},
        plugins: {legend: {display: false}, tooltip: {displayColors: false, callbacks: {
          title: ([i]) => `${text(c.edges[i.dataIndex])} to ${text(c.edges[i.dataIndex + 1])}`,
          label: (i) => `${text(i.raw.y)} values`,
        }}},
        scales: {
          x: axis({type: "linear", min: low, max: high, offset: false, grid: {display: false, drawBorder: false}}),
          y: axis({beginAtZero: true, ticks: {...axis().ticks, maxTicksLimit: 5}}),
        },
      },
      plugins: [boxAbove],
    }));
  }
}

const kReach = 4;  // standard deviations shown to either side

/** Whiskers behind the boxes and medians before them. */
const whiskers = {
  id: "whiskers",
  beforeDatasetsDraw(chart) {
    const {ctx, scales: {x}} = chart;
    ctx.save();
    ctx.strokeStyle = colour("muted");
    chart.getDatasetMeta(0).data.forEach((bar, i) => {
      const c = chart.config.options.columns[i];
      ctx.beginPath();
      ctx.moveTo(x.getPixelForValue(Math.max(-kReach, c.low)), bar.y);
      ctx.lineTo(x.getPixelForValue(Math.min(kReach, c.high)), bar.y);
      ctx.stroke();
    });
    ctx.restore();
  },
  afterDatasetsDraw(chart) {
    const {ctx, scales: {x}} = chart;
    ctx.save();
    ctx.strokeStyle = colour("ink");
    ctx.lineWidth = 2;
    chart.getDatasetMeta(0).data.forEach((bar, i) => {
      const at = x.getPixelForValue(chart.config.options.columns[i].median);
      ctx.beginPath();
      ctx.moveTo(at, bar.y - bar.height / 2);
      ctx.lineTo(at, bar.y + bar.height / 2);
      ctx.stroke();
    });
    ctx.restore();
  },
};

function quartiles() {
  const columns = data.columns.filter((c) => c.deviation > 0 && c.q1 !== null).slice(0, 60).map((c) => {
    const z = (v) => (v - c.mean) / c.deviation;
    return {name: c.name, low: z(c.min), q1: z(c.q1), median: z(c.median), q3: z(c.q3), high: z(c.max), of: c};
  });
  if (columns.length < 2) return;
  const section = show("quartiles");
  const canvas = $("canvas", section);
  canvas.parentNode.style.height = 70 + 26 * columns.length + "px";
  charts.push(() => new Chart(canvas, {
    type: "bar",
    data: {labels: columns.map((c) => c.name), datasets: [{
      data: columns.map((c) => [c.q1, c.q3]), backgroundColor: colour("accent-soft"), borderColor: colour("accent"),
      borderWidth: 1, borderSkipped: false, barThickness: 14,
    }]},
    options: {
      indexAxis: "y", animation: false, responsive: true, maintainAspectRatio: false, columns,
      plugins: {legend: {display: false}, tooltip: {displayColors: false, callbacks: {label: (i) => {
        const c = columns[i.dataIndex].of;
        return `middle half ${text(c.q1)} to ${text(c.q3)}, median ${text(c.median)}`;
      }}}},
      scales: {
        x: axis({min: -kReach, max: kReach, title: {display: true, text: "standard deviations from the mean", color: colour("muted")}}),
        y: {...axis({grid: {display: false, drawBorder: false}}), ticks: {color: colour("ink"), autoSkip: false, font: {size: 12}}},
      },
    },
    plugins: [whiskers],
  }));
}

function mix(from, to, share) {
  const part = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const a = part(from), b = part(to);
  return a.map((v, i) => Math.round(v + (b[i] - v) * share));
}

function hundredths(r) {
  const words = r.toFixed(2);
  return words === "-0.00" ? "0.00" : words.replace("-", "\u2212");
}

function correlation() {
  const c = data.correlation;
  if (!c || c.columns.length < 2) return;
  const section = show("correlation");
  $(".hint", section).textContent = c.note;
  const table = make("table", {}, make("tr", {}, make("th"), ...c.columns.map((n) => make("th", {class: "top", title: n}, make("span", {}, n)))));
  c.matrix.forEach((row, i) => {
    const tr = make("tr", {}, make("th", {class: "side", title: c.columns[i]}, c.columns[i]));
    row.forEach((r, j) => {
      const cell = make("td", {class: "cell"}, r === null ? "\u2013" : hundredths(r));
      const [red, green, blue] = mix(colour("middle"), colour(r < 0 ? "low" : "high"), Math.abs(r || 0));
      cell.style.background = `rgb(${red}, ${green}, ${blue})`;
      cell.style.color = 0.3 * red + 0.59 * green + 0.11 * blue > 140 ? "#15242b" : "#ffffff";
      cell.addEventListener("mousemove", (e) => tell(e, `${c.columns[i]} and ${c.columns[j]}: ${text(r)}`));
      cell.addEventListener("mouseleave", (e) => tell(e, ""));
      tr.append(cell);
    });
    table.append(tr);
  });
  $(".scroll", section).replaceChildren(table);
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

function answer() {
  if (data.answer === null || data.answer === undefined) return;
  $("pre", show("answer")).textContent = JSON.stringify(data.answer, null, 2);
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

header();
columnsTable();
histograms();
quartiles();
correlation();
answer();
timeline();
run();
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
drawAll();
for (const media of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(media).addEventListener("change", () => {
    correlation();
    drawAll();
  });
}
