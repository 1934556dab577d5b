// SPDX-License-Identifier: Apache-2.0
// `lagoon images`: what the plan says, by calls to the Imaging service, as many at a time as there are workers.
#include <fmt/format.h>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/rpc/caller.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>

#include "byte_file.hpp"
#include "commands.hpp"
#include "images.hpp"
#include "json.hpp"
#include "session.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

using namespace std::chrono_literals;
using services::ImageFileResult;

constexpr std::size_t kNamed = 20;  // failures that are said on stderr; the report and --json have all

double since(TimePoint begin) { return std::chrono::duration<double>(system_clock().now() - begin).count(); }

/// A line of --json.
struct FileLine {
  std::string event = "photograph", name, output;
  bool ok = true;
  std::string error;
  double seconds = 0;
  std::int64_t worker = 0, columns = 0, rows = 0, bytes_in = 0, bytes_out = 0;
  std::vector<std::string> warnings;
  std::int64_t processed = 0, total = 0;
  double progress = 0;
  LAGOON_FIELDS(FileLine, event, name, output, ok, error, seconds, worker, columns, rows, bytes_in, bytes_out, warnings,
                processed, total, progress)
};

struct PlannedLine {
  std::string event = "planned", name, output;
  LAGOON_FIELDS(PlannedLine, event, name, output)
};

/// Everything that the bytes of an output depend on beside its input.
std::string recipe_text(const ImagesCommand& c) {
  return fmt::format("{{\"version\":\"{}\",\"recipe\":{},\"encoding\":{}}}", LAGOON_VERSION,
                     compact(detail::to_value(c.recipe)), compact(detail::to_value(c.encoding)));
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error || std::filesystem::is_directory(path)) return;
  throw Error(error == std::errc::no_space_on_device ? Errc::resource_exhausted : Errc::permission_denied,
              fmt::format("{}: the folder cannot be made: {}", path, error.message()));
}

/// The photographs that are to be made, by lanes: each takes the next one when it has ended the one before, so that as
/// many are in memory as there are lanes. A lane that is asked to stop ends what it has begun.
class Run {
 public:
  Run(const ImagesCommand& command, const CommonOptions& common, const Plan& plan, const ImagesRecord* record,
      Session& session, const StopControl& stop, Output& output, ImagesOutcome& outcome, ImagesTrail& trail)
      : command_(command),
        common_(common),
        plan_(plan),
        record_(record),
        session_(session),
        stop_(stop),
        output_(output),
        outcome_(outcome),
        trail_(trail),
        imaging_(session.endpoint()) {}

  void run(std::vector<const Photograph*> todo) {
    todo_ = std::move(todo);
    began_ = system_clock().now();
    const auto lanes = static_cast<unsigned>(std::min<std::size_t>(session_.cores(), todo_.size()));
    trail_.workers = lanes;
    open_ = lanes;
    output_.progress().begin("photographs", static_cast<double>(todo_.size()), "photographs");
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < lanes; ++worker) threads.emplace_back([this, worker] { lane(worker); });
    wait();
    for (std::thread& t : threads) t.join();
    outcome_.seconds = since(began_);
    outcome_.interrupted = ended_ < todo_.size();
    outcome_.interrupted ? output_.progress().abandon() : output_.progress().end();
    if (broken_) std::rethrow_exception(broken_);
  }

 private:
  bool goes_on() const { return stop_.reason() == Errc::ok && !halt_.load(std::memory_order_relaxed); }

  /// Waits for the lanes, and says what happens when they are asked to stop.
  void wait() {
    std::unique_lock lock(mutex_);
    bool said = false;
    while (!all_ended_.wait_for(lock, 50ms, [&] { return open_ == 0; })) {
      if (said || goes_on()) continue;
      said = true;
      output_.note(
          fmt::format("lagoon: finishing {} under way; Ctrl-C again ends at once", counted(open_, "photograph")));
    }
  }

  void lane(unsigned worker) {
    const TraceScope scope(session_.trace_context());
    while (goes_on()) {
      const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);  // a ticket, publishes no data
      if (i >= todo_.size()) break;
      try {
        one(worker, i);
      } catch (...) {  // the output or the record is broken: no photograph's fault
        const std::lock_guard lock(mutex_);
        if (!broken_) broken_ = std::current_exception();
        halt_.store(true, std::memory_order_relaxed);
      }
    }
    const std::lock_guard lock(mutex_);
    --open_;
    all_ended_.notify_all();
  }

  /// On a contact sheet of at most so many, evenly from the first to the last.
  bool is_shown(std::size_t i) const {
    const std::size_t n = todo_.size();
    return !common_.report.empty() && (n <= kThumbnails || i * kThumbnails / n != (i + 1) * kThumbnails / n);
  }

  void one(unsigned worker, std::size_t i) {
    const Photograph& p = *todo_[i];
    const double begin = since(began_);
    const Result<ImageFileResult> result = make(p, is_shown(i));
    const double end = since(began_);
    if (result.ok() && record_) record_->note(plan_, p);

    const std::lock_guard lock(mutex_);
    ++ended_;
    if (result.ok()) {
      ++outcome_.made;
      outcome_.bytes_in += result->bytes_in;
      outcome_.bytes_out += result->bytes_out;
      outcome_.pixels_in += static_cast<double>(result->rows_in) * static_cast<double>(result->columns_in);
      outcome_.with_warnings += !result->warnings.empty();
      for (const std::string& warning : result->warnings) output_.detail(fmt::format("{}: {}", p.name, warning));
    } else {
      ++outcome_.failed;
      outcome_.failures.push_back({p.name, result.status().message()});
    }
    if (common_.json) say(worker, p, result, end - begin);
    if (!common_.report.empty()) {
      const auto which = static_cast<std::size_t>(&p - plan_.photographs.data());
      remember({which, worker, result.ok(), begin, end}, p, result);
    }
    output_.progress().update(static_cast<double>(ended_));
  }

  Result<ImageFileResult> make(const Photograph& p, bool shown) {
    const std::string input = plan_.input_path(p), output = plan_.output_path(p);
    const std::int64_t preview = shown ? kThumbnailSide : 0;
    try {
      const std::size_t slash = output.rfind('/');
      if (slash != std::string::npos && slash > 0) make_folder(output.substr(0, slash));
      if (command_.untrusted) return make_apart(input, output, preview);
    } catch (const Error& e) {
      return e.status();
    }
    // Without the stop: what has begun is brought to its end.
    return imaging_.try_call<services::ProcessImageFile>({.input = input,
                                                          .output = output,
                                                          .recipe = command_.recipe,
                                                          .encoding = command_.encoding,
                                                          .preview = preview});
  }

  /// By a worker that can open no file: it is shown the bytes of the input, where this process has read them to, and
  /// makes those of the output, which this process writes from where the worker has left them.
  Result<ImageFileResult> make_apart(const std::string& input, const std::string& output, std::int64_t preview) {
    services::ProcessImageRequest request{.bytes = read_bytes(input, session_.arrays()),
                                          .recipe = command_.recipe,
                                          .encoding = command_.encoding,
                                          .name = input,
                                          .preview = preview};
    if (request.encoding.format.empty()) request.encoding.format = format_by_name(output);
    ImageFileResult result;
    result.bytes_in = request.bytes.size();
    CallOptions options;
    options.timeout = command_.picture_timeout;
    auto made = imaging_.try_call<services::ProcessImage>(std::move(request), options);
    if (!made.ok()) return made.status();
    write_bytes(output, made->bytes);
    result.bytes_out = made->bytes.size();
    result.rows_in = made->rows_in;
    result.columns_in = made->columns_in;
    result.rows = made->rows;
    result.columns = made->columns;
    result.format = std::move(made->format);
    result.warnings = std::move(made->warnings);
    result.preview = std::move(made->preview);
    return result;
  }

  void say(unsigned worker, const Photograph& p, const Result<ImageFileResult>& result, double seconds) {
    FileLine line;
    line.name = p.name;
    line.output = p.output;
    line.ok = result.ok();
    line.seconds = seconds;
    line.worker = worker;
    line.processed = static_cast<std::int64_t>(ended_);
    line.total = static_cast<std::int64_t>(todo_.size());
    line.progress = static_cast<double>(ended_) / static_cast<double>(todo_.size());
    if (result.ok()) {
      line.columns = result->columns;
      line.rows = result->rows;
      line.bytes_in = result->bytes_in;
      line.bytes_out = result->bytes_out;
      line.warnings = result->warnings;
    } else {
      line.error = result.status().message();
    }
    output_.item(compact(detail::to_value(line)) + "\n");
  }

  void remember(const WorkSpan& span, const Photograph& p, const Result<ImageFileResult>& result) {
    trail_.spans.push_back(span);
    if (result.ok() && !result->preview.empty())
      trail_.thumbnails.push_back({p.name, fmt::format("{} x {}", result->columns, result->rows),
                                   data_uri(result->preview.data(), result->preview.bytes())});
  }

  const ImagesCommand& command_;
  const CommonOptions& common_;
  const Plan& plan_;
  const ImagesRecord* record_;
  Session& session_;
  const StopControl& stop_;
  Output& output_;
  ImagesOutcome& outcome_;
  ImagesTrail& trail_;
  Caller<services::Imaging> imaging_;
  std::vector<const Photograph*> todo_;
  TimePoint began_{};
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> halt_{false};
  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::size_t open_ = 0, ended_ = 0;
  std::exception_ptr broken_;
};

/// Workers for what may break them: as many as there are photographs under way, each replaced as often as it breaks.
PoolOptions darkrooms(unsigned workers, bool sandboxed) {
  return {.name = "darkroom",
          .workers = workers,
          .isolation = Isolation::process,
          .process = {.cores = 1, .strict = sandboxed},
          .restart = {.most = std::numeric_limits<unsigned>::max()}};
}

void list(const std::vector<const Photograph*>& todo, const Plan& plan, const ImagesOutcome& outcome, bool json,
          Output& output) {
  for (const Photograph* p : todo)
    output.item(json ? compact(detail::to_value(PlannedLine{.name = p->name, .output = p->output})) + "\n"
                     : fmt::format("{} -> {}\n", plan.input_path(*p), plan.output_path(*p)));
  if (!json)
    output.item(fmt::format("{} to be made{}\n", counted(todo.size(), "photograph"),
                            outcome.up_to_date > 0 ? fmt::format(", {} up to date", grouped(outcome.up_to_date)) : ""));
  output.end_items();
}

std::string text_of(const ImagesOutcome& o) {
  std::string text = counted(o.made, "photograph") + " made";
  if (o.seconds > 0) text += " in " + human_duration(o.seconds);
  if (o.made > 0 && o.seconds > 0)
    text += fmt::format(" ({}/s, {} Mpix/s), {} from {}", number(static_cast<double>(o.made) / o.seconds, 3),
                        number(o.pixels_in * 1e-6 / o.seconds, 3), human_bytes(static_cast<double>(o.bytes_out)),
                        human_bytes(static_cast<double>(o.bytes_in)));
  if (o.up_to_date > 0) text += fmt::format("; {} up to date", grouped(o.up_to_date));
  if (o.failed > 0) text += fmt::format("; {} failed", grouped(o.failed));
  return text + "\n";
}

void name_failures(const ImagesOutcome& outcome, Output& output) {
  if (outcome.with_warnings > 0)
    output.note(fmt::format("lagoon: {} made with warnings, as far as their files go; --verbose and --json have them",
                            counted(outcome.with_warnings, "photograph")));
  const std::size_t n = outcome.failures.size();
  if (n == 0) return;
  output.note(fmt::format("lagoon: {} failed:", counted(n, "photograph")));
  for (std::size_t i = 0; i < std::min(n, kNamed); ++i) {
    const FailedPhotograph& f = outcome.failures[i];
    const bool named = f.error.find(f.name) != std::string::npos;
    output.note("  " + (named ? f.error : f.name + ": " + f.error));
  }
  if (n > kNamed) output.note(fmt::format("  and {} more; --json and --report name all", grouped(n - kNamed)));
}

Exit exit_for(const ImagesOutcome& outcome, const StopControl& stop) {
  if (outcome.interrupted) return exit_of(stop.reason());
  return outcome.failed > 0 ? Exit::input : Exit::ok;
}

}  // namespace

Exit images(const ImagesCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  const Plan plan = plan_images(command, stop);
  std::unique_ptr<ImagesRecord> record;
  if (!plan.one_file) record = std::make_unique<ImagesRecord>(plan.out_folder, recipe_text(command));
  if (command.resume && !record)
    throw UsageError("images: --resume is for folders; one photograph is made or it is not");

  ImagesOutcome outcome;
  outcome.total = static_cast<std::int64_t>(plan.photographs.size());
  outcome.failures = plan.unreadable;
  outcome.failed = static_cast<std::int64_t>(plan.unreadable.size());
  std::vector<const Photograph*> todo;
  if (command.resume) record->read();
  for (const Photograph& p : plan.photographs) {
    if (command.resume && record->up_to_date(plan, p))
      ++outcome.up_to_date;
    else
      todo.push_back(&p);
  }
  output.detail(fmt::format("{}, {} other files, {} links to folders that were seen",
                            counted(plan.photographs.size(), "photograph"), plan.passed_over, plan.links));
  if (command.dry_run) {
    list(todo, plan, outcome, common.json, output);
    name_failures(outcome, output);
    return exit_for(outcome, stop);
  }

  Session session(common, stop);
  ImagesTrail trail;
  if (!todo.empty()) {
    const auto lanes = static_cast<unsigned>(std::min<std::size_t>(session.cores(), todo.size()));
    if (command.untrusted || common.isolation == Isolation::process)
      session.open_pool(darkrooms(lanes, command.untrusted));
    if (!plan.out_folder.empty()) make_folder(plan.out_folder);
    if (record) record->open();
    Run(command, common, plan, record.get(), session, stop, output, outcome, trail).run(std::move(todo));
  }
  std::sort(outcome.failures.begin(), outcome.failures.end(),
            [](const FailedPhotograph& a, const FailedPhotograph& b) { return a.name < b.name; });
  if (!common.report.empty()) {
    trail.peak_bytes = session.memory().peak;
    trail.memory_limit = session.memory_limit();
    files::AtomicFile page(common.report);
    page.write(images_page(command, plan, outcome, trail));
    page.commit();
  }
  session.write_trace();
  if (common.json) {
    output.item(compact(document("images", detail::to_value(outcome))) + "\n");
    output.end_items();
  } else {
    output.result(text_of(outcome));
  }
  name_failures(outcome, output);
  if (outcome.interrupted)
    output.note(fmt::format("lagoon: ended after {} of {}; the same command with --resume goes on",
                            grouped(outcome.made + outcome.up_to_date), counted(outcome.total, "photograph")));
  return exit_for(outcome, stop);
}

}  // namespace lagoon::cli
