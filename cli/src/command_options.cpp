// SPDX-License-Identifier: Apache-2.0
#include "command_options.hpp"

#include <CLI/CLI.hpp>

namespace lagoon::cli {

void add_common(CLI::App& app, CommonOptions& o, Texts& t) {
  auto* group = app.add_option_group("Common options");
  group->add_option("--workers", o.workers, "Cores to use (default: all that this process may)")
      ->check(CLI::Range(1, 4096));
  group->add_option("--memory-limit", t.memory_limit,
                    "Memory for arrays, as 2GiB or 500MB (default: 70 % of what there is)");
  group->add_option("--timeout", t.timeout, "Give up after that time, as 30s or 5m");
  group->add_flag("--json", o.json, "Print the result as JSON");
  group->add_option("--out", t.out, "Write the result to FILE; call: FIELD=FILE.npy, may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  group->add_option("--report", o.report, "Write an HTML page with plots to FILE")->type_name("FILE");
  group->add_option("--trace", o.trace, "Write where the time went to FILE, for ui.perfetto.dev")->type_name("FILE");
  group->add_option("--progress", t.progress, "auto, bar, json or none")
      ->check(CLI::IsMember({"auto", "bar", "json", "none"}));
  group->add_flag("-q,--quiet", o.quiet, "Say nothing but errors on stderr");
  group->add_flag("-v,--verbose", o.verbose, "Say more on stderr");
}

void add_isolation(CLI::App& app, Texts& t) {
  app.add_option("--isolation", t.isolation,
                 "Where services run: thread (of this process), or process (of their own: a crash there is an error "
                 "here)")
      ->check(CLI::IsMember({"thread", "process"}));
}

namespace {

void add_table(CLI::App& app, TableInput& table, Texts& t) {
  app.add_option("file", table.file, "A table: CSV, or NPY (- for standard input)")->required()->type_name("FILE");
  app.add_option("--columns", t.columns, "Read only these, separated by commas")->type_name("A,B,...");
  app.add_option("--header", t.header, "Whether the first row has names: auto, yes or no")
      ->check(CLI::IsMember({"auto", "yes", "no"}));
  app.add_option("--delimiter", t.delimiter, "What separates cells (default: comma, semicolon or tab, by the data)");
  app.add_option("--decimal", t.decimal, "The decimal point")->check(CLI::IsMember({".", ","}));
  app.add_option("--skip-rows", table.csv.skip_rows, "Lines to pass over first")->check(CLI::NonNegativeNumber);
  app.add_option("--missing", t.missing, "A further text that means \"no value\"; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app.add_option("--max-columns", table.csv.max_columns, "Refuse more columns of numbers than that")
      ->check(CLI::PositiveNumber);
}

void add_time(CLI::App& app, TableInput& table) {
  app.add_option("--time", table.time, "The column of times, dates or numbers; rows are taken in its order")
      ->type_name("COLUMN");
}

}  // namespace

void add_analyze(CLI::App& app, AnalyzeCommand& a, Texts& t) {
  add_table(app, a.table, t);
  add_time(app, a.table);
  app.add_option("--correlation", a.correlation, "pearson, spearman, kendall or none")
      ->check(CLI::IsMember({"pearson", "spearman", "kendall", "none"}));
  app.add_option("--period", a.period, "Rows after which columns repeat, as series in time (default: found)")
      ->check(CLI::Range(2, 1'000'000'000));
  app.add_option("--target", a.target, "The column to be learned from the others; of series, the only one")
      ->type_name("COLUMN");
  app.add_option("--bins", a.bins, "Bins of histograms (default: chosen by the data)")->check(CLI::Range(1, 10'000));
}

void add_series(CLI::App& app, SeriesCommand& s, Texts& t) {
  add_table(app, s.table, t);
  add_time(app, s.table);
  app.add_option("--column", s.column, "The series")->type_name("COLUMN");
  app.add_option("--period", s.period, "Rows after which it repeats (default: found in the data)")
      ->check(CLI::Range(2, 1'000'000'000));
  app.add_option("--lags", s.lags, "Of the autocorrelation (default: 10 log10 of the rows)")
      ->check(CLI::PositiveNumber);
  app.add_flag("--plain", s.plain, "Decompose by least squares: outliers count like all others, and it is faster");
  app.add_option("--parts", s.parts, "Write the series with trend, season and remainder to FILE")
      ->type_name("FILE.csv");
}

void add_learn(CLI::App& app, LearnCommand& l, Texts& t) {
  add_table(app, l.table, t);
  app.add_option("--target", l.target, "The column to be learned from the others")->type_name("COLUMN");
  app.add_option("--model", l.model, "forest, linear (with a target); kmeans, dbscan, agglomerative, pca")
      ->check(CLI::IsMember({"forest", "linear", "kmeans", "dbscan", "agglomerative", "pca"}));
  app.add_option("--task", l.task, "Of a forest: classify, regress or automatic")
      ->check(CLI::IsMember({"classify", "regress", "automatic"}));
  app.add_option("--trees", l.trees, "Of a forest")->check(CLI::Range(1, 1'000'000));
  app.add_option("--depth", l.depth, "Of its trees at most (default: as deep as it gets)")->check(CLI::PositiveNumber);
  app.add_option("--bins", l.bins, "Thresholds per column that a forest tries; 0: all")->check(CLI::Range(0, 256));
  app.add_option("--ridge", l.ridge, "Weight of squared coefficients of a linear model")->check(CLI::NonNegativeNumber);
  app.add_option("--folds", l.folds, "Judge by so many folds, each by a model of the others")
      ->check(CLI::Range(2, 1'000'000));
  app.add_option("--clusters", l.clusters, "Of kmeans and agglomerative")->check(CLI::PositiveNumber);
  app.add_option("--radius", l.radius, "Of dbscan: rows no farther are neighbours")->check(CLI::PositiveNumber);
  app.add_option("--min-neighbours", l.min_neighbours, "Of dbscan: that make a row dense, itself included")
      ->check(CLI::PositiveNumber);
  app.add_option("--linkage", l.linkage, "Of agglomerative: ward, single, complete or average")
      ->check(CLI::IsMember({"ward", "single", "complete", "average"}));
  app.add_option("--components", l.components, "Of pca (default: all)")->check(CLI::PositiveNumber);
  app.add_flag("--standardise", l.standardise, "Of kmeans and pca: take columns to mean 0 and deviation 1 first");
  app.add_option("--seed", l.seed, "Of what is drawn by lot: the same seed gives the same model");
  app.add_option("--save", l.save, "Write the model to FILE")->type_name("FILE.lagoon");
  app.add_option("--use", l.use, "Predict by a model that was saved, instead of learning one")
      ->type_name("FILE.lagoon");
  app.add_option("--predictions", l.predictions, "Write what is said of each row to FILE")->type_name("FILE.csv");
}

void add_watch(CLI::App& app, WatchCommand& w, Texts& t) {
  app.add_option("file", w.file, "CSV with times and values (default: standard input)")->type_name("FILE");
  app.add_option("--time", w.time, "The column of times, dates or numbers (default: the first)")->type_name("COLUMN");
  app.add_option("--value", w.value, "The column that is watched (default: the second)")->type_name("COLUMN");
  app.add_option("--series", w.key, "The column that says which series a row belongs to")->type_name("COLUMN");
  app.add_option("--window", t.window, "Of the statistics beside each verdict: 100 (points) or 5m (time)")
      ->type_name("POINTS|TIME");
  app.add_option("--lateness", t.lateness, "Wait so long, in the time of the data, for rows out of order, as 10s")
      ->type_name("TIME");
  app.add_option("--learning", w.options.detector.learning, "Points before the first verdict counts")
      ->check(CLI::PositiveNumber);
  app.add_option("--false-alarm", w.options.detector.false_alarm, "Chance that a usual point is called an anomaly")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--follow", w.follow, "Go on when the file grows, until Ctrl-C");
  app.add_flag("--anomalies", w.anomalies_only, "Print these verdicts only");
  app.add_option("--state", w.state, "Go on from what FILE remembers, and write it anew at the end")
      ->type_name("FILE.lagoon");
  app.add_option("--delimiter", t.delimiter, "What separates cells (default: by the first line)");
}

void add_matrix(CLI::App& app, MatrixCommand& m) {
  app.add_option("operation", m.operation,
                 "multiply, solve, inverse, determinant, cholesky, qr, symmetric_eigen, general_eigen, svd, norm, "
                 "condition, rank or pseudo_inverse")
      ->required()
      ->type_name("OPERATION");
  app.add_option("a", m.a, "A matrix: .mtx (Matrix Market), .npy or CSV")->required()->type_name("A");
  app.add_option("b", m.b, "The second factor, or right-hand sides")->type_name("B");
  app.add_option("--out-prefix", m.prefix, "Write each array of the result to PREFIX.name.npy")->type_name("PREFIX");
  app.add_option("--format", m.format, "Of those files: npy, mtx or csv")->check(CLI::IsMember({"npy", "mtx", "csv"}));
  app.add_option("--precision", m.precision, "double (16 digits) or extended (31)")
      ->check(CLI::IsMember({"double", "extended"}));
  app.add_option("--kind", m.kind, "Of norm and condition: one, infinity, frobenius, two or largest")
      ->check(CLI::IsMember({"one", "infinity", "frobenius", "two", "largest"}));
  app.add_option("--tolerance", m.tolerance, "Of rank and pseudo_inverse: part of the largest singular value")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--values-only", m.values_only, "Eigenvalues and singular values without vectors");
}

void add_md(CLI::App& app, MdCommand& m) {
  app.add_option("file", m.file, "What to run: a TOML file, see docs/run-files.md")->required()->type_name("RUN.toml");
  app.add_option("--steps", m.steps, "The step to reach, in place of the run file's")->check(CLI::NonNegativeNumber);
  app.add_flag("--resume", m.resume, "Go on from the checkpoint");
  app.add_flag("--dry-run", m.dry_run, "Say what would be done, and do nothing");
}

void add_images(CLI::App& app, ImagesCommand& c, Texts& t) {
  services::ImageRecipe& r = c.recipe;
  services::ImageEncoding& e = c.encoding;
  app.add_option("in", c.in, "A photograph (JPEG, PNG, TIFF, WebP), or a folder with all below it")
      ->required()
      ->type_name("IN");
  app.add_option("out", c.out, "The folder for what is made of them, or a file when IN is one")
      ->required()
      ->type_name("OUT");
  app.add_option("--size", t.size, "New size in pixels, as 800x600")->type_name("WxH");
  CLI::Option* fit = app.add_flag("--fit", t.fit, "Inside that size (this is so unless told)");
  CLI::Option* fill = app.add_flag("--fill", t.fill, "All of that size; what sticks out is cut off")->excludes(fit);
  app.add_flag("--exact", t.exact, "That size, stretched")->excludes(fit)->excludes(fill);
  app.add_flag("--enlarge", r.enlarge, "Smaller photographs become larger, too");
  app.add_option("--filter", r.filter, "Of resizing: box, bilinear, bicubic or lanczos3")
      ->check(CLI::IsMember({"box", "bilinear", "bicubic", "lanczos3"}));
  app.add_flag("--linear", r.linear_light, "Resize in light rather than in sRGB; slower");
  app.add_option("--sharpen", r.sharpen, "Amount of unsharp mask, as 0.5")->check(CLI::Range(0.0, 100.0));
  app.add_option("--brightness", r.brightness, "Factor")->check(CLI::Range(0.0, 100.0));
  app.add_option("--contrast", r.contrast, "Factor about middle grey")->check(CLI::Range(0.0, 100.0));
  app.add_option("--saturation", r.saturation, "Factor about each pixel's grey")->check(CLI::Range(0.0, 100.0));
  app.add_option("--gamma", r.gamma, "Above 1 lightens shadows")->check(CLI::Range(0.01, 100.0));
  app.add_flag("--grey", r.grey, "Without colours");
  app.add_option("--format", e.format, "jpeg, png, tiff or webp (default: as each file is named)")
      ->transform(CLI::Transformer({{"jpg", "jpeg"}, {"tif", "tiff"}}))
      ->check(CLI::IsMember({"jpeg", "jpg", "png", "tiff", "tif", "webp"}));
  app.add_option("--quality", e.quality, "Of jpeg and webp, 1 to 100")->check(CLI::Range(1, 100));
  app.add_flag("--keep-metadata", e.keep_metadata, "Keep EXIF; the colour profile is kept anyway");
  app.add_flag("--untrusted", c.untrusted,
               "Decode in sandboxed processes: what breaks a decoder costs that photograph, and reaches no file");
  app.add_option("--picture-timeout", t.picture_timeout,
                 "With --untrusted: give up on a photograph after that time (default: 1m)")
      ->type_name("TIME");
  app.add_flag("--resume", c.resume, "Leave alone what an earlier run has made with the same options");
  app.add_flag("--dry-run", c.dry_run, "List what would be made; write nothing");
}

}  // namespace lagoon::cli
