// SPDX-License-Identifier: Apache-2.0
// Draws what a pool did while it was watched, behind page.js.

const kInks = ["accent", "second", "low", "high", "accent-soft", "muted"];
const share = (x) => (100 * x).toFixed(0) + " %";

function warnings() {
  if (!data.warnings.length) return;
  $(".notes", show("warnings")).append(...data.warnings.map((w) => make("p", {}, w)));
}

/** One plot over time; curves are [name, numbers, colour, further options]. */
function plot(title, curves, words, extra = {}) {
  const canvas = make("canvas", {role: "img", "aria-label": title});
  $("#rates .grid").append(make("figure", {class: "card"}, make("figcaption", {}, make("b", {}, title)),
                                make("div", {class: "plot"}, canvas)));
  charts.push(() => new Chart(canvas, {
    type: "line",
    data: {datasets: curves.map(([label, numbers, ink, more]) => ({
      label, data: data.curves.at.map((x, i) => ({x, y: numbers[i]})), borderColor: colour(ink),
      backgroundColor: colour(ink), borderWidth: 1.75, pointRadius: data.curves.at.length < 3 ? 3 : 0, pointHitRadius: 8, ...more,
    }))},
    options: {
      animation: false, responsive: true, maintainAspectRatio: false,
      interaction: {mode: "index", intersect: false},
      plugins: {
        legend: {display: curves.length > 1, labels: {color: colour("muted"), boxWidth: 10, boxHeight: 2, font: {size: 11}}},
        tooltip: {callbacks: {title: ([i]) => "at " + seconds(i.raw.x), label: (i) => `${i.dataset.label}: ${words(i.raw.y)}`}},
      },
      scales: {
        x: axis({type: "linear", grid: {display: false, drawBorder: false}, min: data.curves.at[0], max: data.curves.at[data.curves.at.length - 1]}),
        y: axis({beginAtZero: true, ticks: {...axis().ticks, maxTicksLimit: 5, callback: (v) => words(v)}, ...extra}),
      },
    },
  }));
}

function overTime() {
  const c = data.curves;
  if (!c.at.length) return;
  const section = show("rates");
  const positive = (x) => x.map((v) => (v > 0 ? v : null));
  plot("latency", [["p50", positive(c.p50), "accent"], ["p99", positive(c.p99), "second"], ["p99.9", positive(c.p999), "high"]],
       seconds, {type: "logarithmic", beginAtZero: false});
  plot("calls per second", [["calls", c.calls_per_second, "accent"], ["failed", c.failures_per_second, "high"]], (v) => text(v, 4));
  const workers = (key) => c.by_worker.map((w, i) => [w.worker, w[key], kInks[i % kInks.length], {borderWidth: 1}]);
  plot("cores busy", [["all workers", c.cores, "ink"], ...workers("cores")], (v) => text(v, 3));
  const limits = c.memory_limit.some((x) => x > 0) ? [["limit", c.memory_limit, "high", {borderDash: [5, 4]}]] : [];
  plot("memory", [["all workers", c.memory, "ink"], ...limits, ...workers("memory")], bytes);
  plot("workers", [["workers", c.workers, "accent", {stepped: true}], ["calls that wait", c.queued, "second"]], (v) => text(v, 4));
  $(".notes", section).append(...data.notes.map((n) => make("p", {}, n)));
}

function table(section, heads, rows) {
  const line = (tag, cells) => make("tr", {}, ...cells.map((cell) => make(tag, {}, cell)));
  $(".scroll", section).append(make("table", {}, make("thead", {}, line("th", heads)),
                                    make("tbody", {}, ...rows.map((cells) => line("td", cells)))));
}

function methods() {
  const rows = data.total.methods.map((m) => [
    `${m.service}.${m.method}`, text(m.calls), text(m.calls_per_second, 4),
    m.failures.map((f) => `${f.code} ${text(f.calls)}`).join(", ") || "none",
    ...["mean", "p50", "p99", "p999", "most"].map((k) => (m.calls ? seconds(m.latency[k]) : "\u2013")),
  ]);
  if (rows.length)
    table(show("methods"), ["method", "calls", "a second", "failures", "mean", "median", "p99", "p99.9", "longest"], rows);
}

function workers() {
  const rows = data.total.workers.map((w) => [
    w.worker, w.state, text(w.calls), text(w.calls_per_second, 4), w.cores.toFixed(2), w.busy.toFixed(2), bytes(w.memory),
    w.memory_limit ? `${bytes(w.memory_limit)} (${share(w.memory / w.memory_limit)})` : "none", bytes(w.memory_peak),
    seconds(w.age),
  ]);
  if (rows.length)
    table(show("workers"), ["worker", "state", "calls", "a second", "cores", "handlers", "memory", "limit", "peak", "age"], rows);
}

header();
warnings();
overTime();
methods();
workers();
timeline();
run();
start();
