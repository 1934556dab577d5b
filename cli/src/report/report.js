// SPDX-License-Identifier: Apache-2.0
// Draws what `lagoon analyze`, `lagoon call` and `lagoon md` found, behind page.js.

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

/** A moment in seconds since 1970, as exact as the span of the axis asks for. */
function moment(seconds, span) {
  const words = new Date(1000 * seconds).toISOString();
  if (span > 3e8) return words.slice(0, 4);
  if (span > 3e7) return words.slice(0, 7);
  return span > 3e6 ? words.slice(0, 10) : words.slice(span > 2e5 ? 0 : 5, span > 2e5 ? 16 : 19).replace("T", " ");
}

/** Quantities along a run, or series in time: lines over a common axis. */
function lines(id, plots) {
  if (!plots.length) return;
  const section = show(id);
  const inks = ["accent", "second", "low", "high"];
  const titled = (words) => ({title: {display: true, text: words, color: colour("muted"), font: {size: 11}}});
  for (const plot of plots) {
    const ends = plot.series[0].x;
    const [first, last] = [ends[0], ends[ends.length - 1]];
    const where = (x) => plot.dates ? moment(x, last - first) : text(x);
    const when = (x) => plot.dates ? new Date(1000 * x).toISOString().slice(0, 16).replace("T", " ") : text(x);
    const canvas = make("canvas", {role: "img", "aria-label": `${plot.title} over ${plot.x}`});
    $(".grid", section).append(make("figure", {class: "card"},
      make("figcaption", {}, make("b", {title: plot.title}, plot.title), make("span", {}, plot.note)),
      make("div", {class: "plot"}, canvas)));
    charts.push(() => new Chart(canvas, {
      type: "line",
      data: {datasets: plot.series.map((s, i) => ({
        label: s.name, data: s.x.map((x, k) => ({x, y: s.y[k]})), borderColor: colour(inks[i % inks.length]),
        backgroundColor: colour(inks[i % inks.length]), borderWidth: 1.5, pointRadius: s.x.length > 1 ? 0 : 3, pointHitRadius: 6,
      }))},
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
        interaction: {mode: "nearest", axis: "x", intersect: false},
        plugins: {
          legend: {display: plot.series.length > 1, labels: {color: colour("muted"), boxWidth: 10, boxHeight: 2, font: {size: 11}}},
          tooltip: {displayColors: false, callbacks: {
            title: ([i]) => `${plot.x}: ${when(i.raw.x)}`, label: (i) => `${i.dataset.label}: ${text(i.raw.y, 7)}`,
          }},
        },
        scales: {
          x: axis({type: "linear", ...titled(plot.x), ...(plot.dates && {min: first, max: last, ticks: {...axis().ticks, maxTicksLimit: 5, maxRotation: 0, callback: where}})}),
          y: axis(titled(plot.y)),
        },
      },
    }));
  }
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

function table_of(heads, rows) {
  return make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((h) => make("th", {}, h)))),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((c) => make("td", {}, c))))));
}

/** What each column tells of the target, the most important first. */
function learning() {
  const l = data.learning;
  if (!l) return;
  const section = show("learning");
  $("h2", section).textContent = l.title;
  $(".hint", section).textContent = l.note;
  const features = l.features.slice(0, 30);
  const canvas = $("canvas", section);
  canvas.parentNode.style.height = 70 + 26 * features.length + "px";
  charts.push(() => new Chart(canvas, {
    type: "bar",
    data: {labels: features.map((f) => f.column), datasets: [{
      data: features.map((f) => f.importance), backgroundColor: colour("accent"), hoverBackgroundColor: colour("second"), barThickness: 14,
    }]},
    options: {
      indexAxis: "y", animation: false, responsive: true, maintainAspectRatio: false,
      plugins: {legend: {display: false}, tooltip: {displayColors: false, callbacks: {label: (i) => `importance ${text(i.raw, 3)}`}}},
      scales: {
        x: axis({beginAtZero: true, title: {display: true, text: "importance in the forest", color: colour("muted")}}),
        y: {...axis({grid: {display: false, drawBorder: false}}), ticks: {color: colour("ink"), autoSkip: false, font: {size: 12}}},
      },
    },
  }));
  $(".scroll", section).append(table_of(["column", "importance", "coefficient", "std. error", "p"],
    l.features.map((f) => [f.column, text(f.importance, 3), text(f.coefficient), text(f.error, 3), text(f.p, 3)])));
  for (const note of l.notes) $(".notes", section).append(make("p", {}, note));
}

function work() {
  if (!data.workers.length) return;
  const section = show("work");
  $(".workers", section).append(table_of(["isolate", "calls", "CPU (s)", "in calls (s)", "array bytes at most"],
    data.workers.map((w) => [w.worker, text(w.calls), text(w.cpu_seconds, 3), text(w.busy_seconds, 3), text(w.peak_bytes)])));
  $(".methods", section).append(table_of(["method", "calls", "failures", "mean (ms)", "99 % within (ms)"],
    data.methods.map((m) => [m.method, text(m.calls), text(m.failures), text(m.mean_ms, 3), text(m.p99_ms, 3)])));
}

function answer() {
  if (data.answer === null || data.answer === undefined) return;
  $("pre", show("answer")).textContent = JSON.stringify(data.answer, null, 2);
}

header();
lines("lines", data.lines);
columnsTable();
histograms();
quartiles();
correlation();
lines("series", data.series);
learning();
work();
answer();
timeline();
run();
start(correlation);
