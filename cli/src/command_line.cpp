// SPDX-License-Identifier: Apache-2.0
// The one source that includes CLI11: it costs 6 s and 340 MB of the compiler wherever it goes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <utility>

#include "command.hpp"
#include "exit_code.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::array kCommands = {"analyze", "services", "describe", "call", "matrix", "md", "images", "doctor", "top"};

/// What an option holds before it is checked.
struct Texts {
  std::string memory_limit, timeout, progress = "auto", header = "auto", delimiter, decimal = ".", columns;
  std::vector<std::string> missing, out;
  std::string size;
  bool fit = false, fill = false, exact = false;
};

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

void add_analyze(CLI::App& app, AnalyzeCommand& a, Texts& t) {
  app.add_option("file", a.file, "A table: CSV, or NPY (- for standard input)")->required()->type_name("FILE");
  app.add_option("--columns", t.columns, "Read only these, separated by commas")->type_name("A,B,...");
  app.add_option("--header", t.header, "Whether the first row has names: auto, yes or no")
      ->check(CLI::IsMember({"auto", "yes", "no"}));
  app.add_option("--delimiter", t.delimiter, "What separates cells (default: comma, semicolon or tab, by the data)");
  app.add_option("--decimal", t.decimal, "The decimal point")->check(CLI::IsMember({".", ","}));
  app.add_option("--skip-rows", a.csv.skip_rows, "Lines to pass over first")->check(CLI::NonNegativeNumber);
  app.add_option("--missing", t.missing, "A further text that means \"no value\"; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app.add_option("--max-columns", a.csv.max_columns, "Refuse more columns of numbers than that")
      ->check(CLI::PositiveNumber);
  app.add_option("--correlation", a.correlation, "pearson, spearman, kendall or none")
      ->check(CLI::IsMember({"pearson", "spearman", "kendall", "none"}));
  app.add_option("--bins", a.bins, "Bins of histograms (default: chosen by the data)")->check(CLI::Range(1, 10'000));
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
  app.add_flag("--resume", c.resume, "Leave alone what an earlier run has made with the same options");
  app.add_flag("--dry-run", c.dry_run, "List what would be made; write nothing");
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// "a.b=file": a field of an answer. A path with an equals sign in it is written ./a=b.
bool is_field(const std::string& out) {
  const auto equals = out.find('=');
  return equals != std::string::npos && equals > 0 && out.find('/') > equals;
}

void take_out(const Texts& t, bool fields, CommonOptions& o) {
  for (const std::string& out : t.out) {
    if (fields && is_field(out)) {
      o.out_fields.emplace_back(out.substr(0, out.find('=')), out.substr(out.find('=') + 1));
      if (o.out_fields.back().second.empty()) throw UsageError(fmt::format("--out {}: a file name is missing", out));
    } else if (!o.out_file.empty()) {
      throw UsageError("--out: the result goes to one file only");
    } else {
      o.out_file = out;
    }
  }
}

void take_texts(const Texts& t, CommonOptions& o, AnalyzeCommand& a) {
  if (!t.memory_limit.empty()) o.memory_limit = parse_size(t.memory_limit, "--memory-limit");
  if (!t.memory_limit.empty() && o.memory_limit == 0) throw UsageError("--memory-limit: it must not be 0");
  if (!t.timeout.empty()) o.timeout = parse_duration(t.timeout, "--timeout");
  if (!t.timeout.empty() && o.timeout.count() == 0) throw UsageError("--timeout: it must not be 0");
  o.progress = t.progress == "bar"    ? ProgressMode::bar
               : t.progress == "json" ? ProgressMode::json
               : t.progress == "none" ? ProgressMode::none
                                      : ProgressMode::automatic;
  if (o.quiet) o.progress = ProgressMode::none;
  a.csv.columns = split(t.columns, ',');
  a.csv.header = t.header == "yes"  ? files::Header::yes
                 : t.header == "no" ? files::Header::no
                                    : files::Header::automatic;
  a.csv.decimal_point = t.decimal[0];
  a.csv.missing.insert(a.csv.missing.end(), t.missing.begin(), t.missing.end());
  if (t.delimiter == "tab" || t.delimiter == "\\t")
    a.csv.delimiter = '\t';
  else if (t.delimiter.size() == 1)
    a.csv.delimiter = t.delimiter[0];
  else if (!t.delimiter.empty())
    throw UsageError(fmt::format("--delimiter: '{}' is not one character (or 'tab')", t.delimiter));
  if (a.csv.delimiter == '"' || a.csv.delimiter == '\n' || a.csv.delimiter == '\r')
    throw UsageError("--delimiter: a quote or a line end cannot separate cells");
  if (a.csv.delimiter && a.csv.delimiter == a.csv.decimal_point)
    throw UsageError("--delimiter and --decimal are the same character");
}

std::int64_t parse_side(std::string_view text) {
  std::int64_t side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  return error == std::errc() && end == text.data() + text.size() && side > 0 && side <= 1'000'000 ? side : 0;
}

void take_size(const Texts& t, services::ImageRecipe& r) {
  if (t.size.empty()) {
    if (t.fit || t.fill || t.exact || r.enlarge)
      throw UsageError("images: --fit, --fill, --exact and --enlarge say how to meet a --size, which is missing");
    return;
  }
  const std::size_t x = t.size.find_first_of("xX");
  if (x != std::string::npos) {
    r.columns = parse_side(std::string_view(t.size).substr(0, x));
    r.rows = parse_side(std::string_view(t.size).substr(x + 1));
  }
  if (r.columns == 0 || r.rows == 0)
    throw UsageError(fmt::format("--size: '{}' is not a size such as 800x600 (columns x rows)", t.size));
  r.fit = t.fill ? "fill" : t.exact ? "exact" : "fit";
}

/// What the person who wrote an unknown word may have meant.
std::string perhaps(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = files::nearest(word, known);
  return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* o : app.get_options())
    for (const std::string& n : o->get_lnames()) names.push_back("--" + n);
  for (const CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; }))
    if (group->get_name().empty())
      for (const std::string& n : option_names(*group)) names.push_back(n);
  return names;
}

void refuse_extras(const CLI::App& app, const CLI::App* command) {
  const std::vector<std::string> extras = app.remaining(true);
  if (extras.empty()) return;
  const std::string& word = extras.front();
  if (!command) {
    if (word.starts_with("-")) throw UsageError(fmt::format("no option {}{}", word, perhaps(word, option_names(app))));
    throw UsageError(fmt::format("no command '{}'{}", word, perhaps(word, {kCommands.begin(), kCommands.end()})));
  }
  const std::string name = word.substr(0, word.find('='));
  if (word.starts_with("-"))
    throw UsageError(
        fmt::format("{}: no option {}{}", command->get_name(), name, perhaps(name, option_names(*command))));
  throw UsageError(fmt::format("{}: '{}' is one argument too many", command->get_name(), word));
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  Texts texts;
  AnalyzeCommand analyze;
  DescribeCommand describe;
  CallCommand call;
  MatrixCommand matrix;
  MdCommand md;
  ImagesCommand images;
  TopCommand top;
  bool version = false;

  CLI::App app(
      "Statistics and typed calls on isolates. Results go to stdout, all else to stderr.\n"
      "Exit: 0 ok, 1 failed in part, 2 usage, 3 input, 4 limit, 130 interrupted.",
      "lagoon");
  app.add_flag("--version", version, "Print the version");
  app.allow_extras();
  app.fallthrough(false);
  auto command = [&](const char* name, const char* description) {
    CLI::App* sub = app.add_subcommand(name, description);
    sub->allow_extras();
    sub->get_formatter()->column_width(34);
    return sub;
  };
  CLI::App* on_analyze = command("analyze", "Describe each column of a table");
  add_analyze(*on_analyze, analyze, texts);
  CLI::App* on_services = command("services", "List the services and their methods");
  CLI::App* on_describe = command("describe", "Show what a service or method takes and gives");
  on_describe->add_option("name", describe.name, "Service, or Service.method")->required();
  CLI::App* on_call = command("call", "Call a method: values are JSON, @table.csv:column or @array.npy");
  on_call->add_option("method", call.method, "Service.method")->required();
  on_call->add_option("arguments", call.arguments, "field=value, or @request.json for the whole request");
  CLI::App* on_matrix = command("matrix", "Multiply, solve or decompose matrices in files");
  add_matrix(*on_matrix, matrix);
  CLI::App* on_md = command("md", "Run molecular dynamics, as a TOML file describes it");
  add_md(*on_md, md);
  CLI::App* on_images = command("images", "Resize, sharpen, colour and convert a folder of photographs");
  add_images(*on_images, images, texts);
  CLI::App* on_doctor = command("doctor", "Show what this machine lets Lagoon use");
  CLI::App* on_top = command("top", "Watch the pools of a running process");
  on_top->add_option("pid", top.pid, "The process (default: the only one that publishes)")->check(CLI::PositiveNumber);
  on_top->add_flag("--once", top.once, "Print one table, or with --json one line for each pool, and end");
  for (CLI::App* sub : {on_analyze, on_services, on_describe, on_call, on_matrix, on_md, on_images, on_doctor, on_top})
    add_common(*sub, line.common, texts);
  app.footer(
      "Examples:\n"
      "  lagoon analyze income.csv --report income.html\n"
      "  lagoon describe Statistics.summarize\n"
      "  lagoon call Statistics.summarize values=@income.csv:age\n"
      "  lagoon matrix svd a.mtx --out-prefix a\n"
      "  lagoon md argon.toml --report argon.html\n"
      "  lagoon images photos small --size 800x600 --sharpen 0.5 --format jpeg");
  on_call->footer(
      "Values: x=3  x=[1,2]  x=text  x=@table.csv:column  x=@table.csv (a matrix)  x=@array.npy  x=@a.mtx  "
      "x=@value.json\n"
      "        x=@a.xyz (positions)  x=@photo.jpg (its bytes)\n"
      "        a.b=3 (a field inside a field)  @request.json (the whole request)\n"
      "        - (a method that takes a stream: one JSON request per line of standard input)");
  on_md->footer(
      "--out FOLDER is where the run's files go; it is made when it is not there.\n"
      "Ctrl-C finishes the step and writes a checkpoint; --resume goes on from there, to the bit as if nothing "
      "had\n"
      "happened. --json prints each observation as a line (schema lagoon.observation) and a last one (lagoon.md).");
  on_images->footer(
      "Folders are mirrored; hidden files, and links that lead back, are left out. A file appears whole or not at "
      "all,\n"
      "and never over an input. Photographs that cannot be read or written are listed at the end (exit 3); the "
      "others\n"
      "are made. Ctrl-C finishes those under way; a second one does not.\n"
      "--json prints a line for each photograph as it ends. OUT/.lagoon-images remembers with which options each "
      "file\n"
      "was made and how it and its input looked then (size and time): that is how --resume knows.");
  on_top->footer(
      "Shows pools that a process publishes: lagoon::Monitor monitor(pool, {.publish = true});\n"
      "On a terminal the table is redrawn at each interval of the monitor until Ctrl-C; elsewhere tables follow "
      "each\n"
      "other. --json prints each interval as a line (schema lagoon.pool). Only processes of the same user are "
      "seen, "
      "in\n"
      "$XDG_RUNTIME_DIR/lagoon or /tmp/lagoon-<uid>.");
  app.require_subcommand(0, 1);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    line.text = chosen.empty() ? app.help() : chosen.front()->help();
    return line;
  } catch (const CLI::ParseError& e) {
    throw UsageError(e.what());
  }
  const auto chosen = app.get_subcommands();
  refuse_extras(app, chosen.empty() ? nullptr : chosen.front());
  if (version) {
    line.text = fmt::format("lagoon {}\n", LAGOON_VERSION);
    return line;
  }
  if (chosen.empty())
    throw UsageError("a command is missing; there are " + fmt::format("{}", fmt::join(kCommands, ", ")));
  take_texts(texts, line.common, analyze);
  take_out(texts, chosen.front() == on_call, line.common);
  if (chosen.front() == on_analyze) line.command = std::move(analyze);
  if (chosen.front() == on_services) line.command = ServicesCommand{};
  if (chosen.front() == on_describe) line.command = std::move(describe);
  if (chosen.front() == on_call) line.command = std::move(call);
  if (chosen.front() == on_matrix) line.command = std::move(matrix);
  if (chosen.front() == on_md) {
    md.folder = std::exchange(line.common.out_file, "");
    line.command = std::move(md);
  }
  if (chosen.front() == on_images) {
    take_size(texts, images.recipe);
    line.command = std::move(images);
  }
  if (chosen.front() == on_doctor) line.command = DoctorCommand{};
  if (chosen.front() == on_top) line.command = top;
  return line;
}

}  // namespace lagoon::cli
