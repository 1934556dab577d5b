// SPDX-License-Identifier: Apache-2.0
// This and command_options.cpp alone include CLI11: it costs 6 s and 340 MB of the compiler wherever it goes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <utility>

#include "command_options.hpp"
#include "exit_code.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::array kCommands = {"analyze", "series", "learn", "watch",  "services", "describe",
                                  "call",    "matrix", "md",    "images", "doctor",   "top"};

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

void take_common(const Texts& t, CommonOptions& o) {
  if (!t.memory_limit.empty()) o.memory_limit = parse_size(t.memory_limit, "--memory-limit");
  if (!t.memory_limit.empty() && o.memory_limit == 0) throw UsageError("--memory-limit: it must not be 0");
  if (!t.timeout.empty()) o.timeout = parse_duration(t.timeout, "--timeout");
  if (!t.timeout.empty() && o.timeout.count() == 0) throw UsageError("--timeout: it must not be 0");
  o.isolation = t.isolation == "process" ? Isolation::process : Isolation::thread;
  o.progress = t.progress == "bar"    ? ProgressMode::bar
               : t.progress == "json" ? ProgressMode::json
               : t.progress == "none" ? ProgressMode::none
                                      : ProgressMode::automatic;
  if (o.quiet) o.progress = ProgressMode::none;
}

void take_table(const Texts& t, TableInput& table) {
  table.csv.columns = split(t.columns, ',');
  table.csv.header = t.header == "yes"  ? files::Header::yes
                     : t.header == "no" ? files::Header::no
                                        : files::Header::automatic;
  table.csv.decimal_point = t.decimal[0];
  table.csv.missing.insert(table.csv.missing.end(), t.missing.begin(), t.missing.end());
  if (t.delimiter == "tab" || t.delimiter == "\\t")
    table.csv.delimiter = '\t';
  else if (t.delimiter.size() == 1)
    table.csv.delimiter = t.delimiter[0];
  else if (!t.delimiter.empty())
    throw UsageError(fmt::format("--delimiter: '{}' is not one character (or 'tab')", t.delimiter));
  if (table.csv.delimiter == '"' || table.csv.delimiter == '\n' || table.csv.delimiter == '\r')
    throw UsageError("--delimiter: a quote or a line end cannot separate cells");
  if (table.csv.delimiter && table.csv.delimiter == table.csv.decimal_point)
    throw UsageError("--delimiter and --decimal are the same character");
}

/// A number of points, or a time with its unit.
void take_watch(const Texts& t, WatchCommand& w) {
  const auto seconds = [](const std::string& text, const char* option) {
    return std::chrono::duration<double>(parse_duration(text, option)).count();
  };
  TableInput delimited;
  take_table(t, delimited);
  w.csv.delimiter = delimited.csv.delimiter;
  if (w.follow && w.file == "-") throw UsageError("watch: --follow is for a file; standard input goes on by itself");
  if (!t.lateness.empty()) w.options.lateness = seconds(t.lateness, "--lateness");
  if (t.window.empty()) return;
  const char* end = t.window.data() + t.window.size();
  const auto [stopped, error] = std::from_chars(t.window.data(), end, w.options.window_count);
  if (error == std::errc() && stopped == end) return;
  w.options.window_count = 0;
  w.options.window_time = seconds(t.window, "--window");
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

void take_untrusted(const Texts& t, ImagesCommand& c) {
  if (!c.untrusted && !t.picture_timeout.empty())
    throw UsageError("images: --picture-timeout is for --untrusted; a decoder in this process cannot be ended");
  c.picture_timeout =
      t.picture_timeout.empty() ? std::chrono::minutes(1) : parse_duration(t.picture_timeout, "--picture-timeout");
  if (c.picture_timeout.count() == 0) throw UsageError("--picture-timeout: it must not be 0");
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
  SeriesCommand series;
  LearnCommand learn;
  WatchCommand watch;
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
  CLI::App* on_series = command("series", "Trend, season and autocorrelation of one column in time");
  add_series(*on_series, series, texts);
  CLI::App* on_learn = command("learn", "Learn a column from the others, find clusters or components, or predict");
  add_learn(*on_learn, learn, texts);
  CLI::App* on_watch = command("watch", "Find anomalies in rows as they come: lines of JSON out");
  add_watch(*on_watch, watch, texts);
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
  for (CLI::App* sub : {on_analyze, on_series, on_learn, on_watch, on_services, on_describe, on_call, on_matrix, on_md,
                        on_images, on_doctor, on_top})
    add_common(*sub, line.common, texts);
  for (CLI::App* sub : {on_analyze, on_series, on_learn, on_watch, on_call, on_matrix, on_images})
    add_isolation(*sub, texts);
  app.footer(
      "Examples:\n"
      "  lagoon analyze income.csv --report income.html\n"
      "  lagoon analyze sales.csv --time month --period 12 --target sales --report sales.html\n"
      "  lagoon series sales.csv --time month --column sales --parts parts.csv\n"
      "  lagoon learn iris.csv --target species --folds 10 --save iris.lagoon\n"
      "  tail -f sensor.csv | lagoon watch --window 5m --anomalies\n"
      "  lagoon describe Statistics.summarize\n"
      "  lagoon call Statistics.summarize values=@income.csv:age\n"
      "  lagoon matrix svd a.mtx --out-prefix a\n"
      "  lagoon md argon.toml --report argon.html\n"
      "  lagoon images photos small --size 800x600 --sharpen 0.5 --format jpeg\n"
      "  lagoon images uploads small --size 800x600 --untrusted");
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
  on_watch->footer(
      "Each row gets one verdict, those of a series in the order of time. A row that comes later than --lateness "
      "allows\n"
      "is told so. When output is not taken, no more input is read. Ctrl-C ends the input; what was read is judged "
      "first.\n"
      "Times without a date are in any unit; then --window and --lateness are so many of it (5s: 5).");
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
  take_common(texts, line.common);
  for (TableInput* table : {&analyze.table, &series.table, &learn.table}) take_table(texts, *table);
  take_out(texts, chosen.front() == on_call, line.common);
  if (chosen.front() == on_analyze) line.command = std::move(analyze);
  if (chosen.front() == on_series) line.command = std::move(series);
  if (chosen.front() == on_learn) line.command = std::move(learn);
  if (chosen.front() == on_watch) {
    take_watch(texts, watch);
    line.command = std::move(watch);
  }
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
    take_untrusted(texts, images);
    line.command = std::move(images);
  }
  if (chosen.front() == on_doctor) line.command = DoctorCommand{};
  if (chosen.front() == on_top) line.command = top;
  return line;
}

}  // namespace lagoon::cli
