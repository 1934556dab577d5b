// SPDX-License-Identifier: Apache-2.0
// Draws how `lagoon images` went, behind page.js.

function failures() {
  if (!data.failures.length) return;
  const section = show("failures");
  const line = (tag, cells) => make("tr", {}, ...cells.map((cell) => make(tag, {}, cell)));
  $(".scroll", section).append(make("table", {}, make("thead", {}, line("th", ["photograph", "why"])),
                                    make("tbody", {}, ...data.failures.map((f) => line("td", [f.name, f.error])))));
  $(".notes", section).append(...data.notes.map((n) => make("p", {}, n)));
}

function rate() {
  const {at, per_second} = data.rate;
  if (!at.length) return;
  const title = "photographs a second";
  const canvas = make("canvas", {role: "img", "aria-label": title});
  $(".grid", show("rate")).append(make("figure", {class: "card"}, make("figcaption", {}, make("b", {}, title)),
                                       make("div", {class: "plot"}, canvas)));
  charts.push(() => new Chart(canvas, {
    type: "line",
    data: {datasets: [{label: title, data: at.map((x, i) => ({x, y: per_second[i]})), borderColor: colour("accent"),
                       backgroundColor: colour("accent"), borderWidth: 1.75, pointRadius: at.length < 3 ? 3 : 0, pointHitRadius: 8}]},
    options: {
      animation: false, responsive: true, maintainAspectRatio: false,
      plugins: {legend: {display: false}, tooltip: {callbacks: {title: ([i]) => "at " + seconds(i.raw.x), label: (i) => text(i.raw.y, 4)}}},
      scales: {
        x: axis({type: "linear", min: 0, grid: {display: false, drawBorder: false}, ticks: {...axis().ticks, callback: (v) => seconds(v)}}),
        y: axis({beginAtZero: true, ticks: {...axis().ticks, maxTicksLimit: 5}}),
      },
    },
  }));
}

function sheet() {
  if (!data.sheet.length) return;
  const section = show("sheet");
  for (const {name, size, picture} of data.sheet)
    $(".sheet", section).append(make("figure", {}, make("div", {class: "frame"}, make("img", {src: picture, alt: name})),
                                     make("figcaption", {}, name, make("br"), size)));
  document.body.dataset.thumbnails = data.sheet.length;
}

header();
failures();
rate();
sheet();
timeline();
run();
start();
