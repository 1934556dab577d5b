// SPDX-License-Identifier: Apache-2.0
// `lagoon watch`: rows of a CSV text as they come, verdicts of the StreamAnalysis service as lines of JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/kernels/files/csv_stream.hpp>
#include <lagoon/kernels/files/timestamp.hpp>
#include <lagoon/rpc/caller.hpp>
#include <lagoon/services/stream_analysis.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <exception>
#include <system_error>
#include <thread>

#include "byte_file.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "session.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

using services::WatchItem;
using services::WatchReply;
using Watching = Duplex<services::WatchStream>;

constexpr std::chrono::milliseconds kLook{100};  // between looks at a file that may have grown, and at Ctrl-C
constexpr std::size_t kPiece = 1 << 16;

/// Bytes of standard input, or of a file that may grow, until its end or until somebody says stop.
class Source {
 public:
  Source(const std::string& path, bool follow, const StopControl& stop)
      : name_(path == "-" ? "standard input" : path), follow_(follow), stop_(stop) {
    descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0)
      throw Error(errno == ENOENT ? Errc::not_found : Errc::permission_denied,
                  fmt::format("{}: {}", path, std::generic_category().message(errno)));
  }
  ~Source() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& name() const noexcept { return name_; }
  /// Some bytes; none at the end.
  std::string_view read() {
    while (stop_.reason() == Errc::ok) {
      pollfd ready{descriptor_, POLLIN, 0};
      const int n = ::poll(&ready, 1, static_cast<int>(kLook.count()));
      if (n == 0 || (n < 0 && errno == EINTR)) continue;
      const ssize_t got = ::read(descriptor_, buffer_, sizeof buffer_);
      if (got > 0) {
        position_ += got;
        return {buffer_, static_cast<std::size_t>(got)};
      }
      if (got < 0 && errno != EINTR && errno != EAGAIN)
        throw Error(Errc::data_loss, fmt::format("{}: {}", name_, std::generic_category().message(errno)));
      if (got == 0 && !follow_) return {};
      check_not_shorter();
      std::this_thread::sleep_for(kLook);
    }
    return {};
  }

 private:
  void check_not_shorter() const {
    struct stat now {};
    if (::fstat(descriptor_, &now) == 0 && S_ISREG(now.st_mode) && now.st_size < position_)
      throw Error(Errc::data_loss, fmt::format("{}: the file has become shorter", name_));
  }

  std::string name_;
  bool follow_;
  const StopControl& stop_;
  int descriptor_ = -1;
  off_t position_ = 0;
  char buffer_[kPiece];
};

/// Rows of the text as points of the stream.
class Points {
 public:
  Points(const WatchCommand& command, Source& source, Watching& call)
      : command_(command), source_(source), call_(call), rows_(source.name(), command.csv) {}

  /// Until the end of the source, or until nobody listens.
  void send() {
    const auto sink = [&](const files::CsvRow& row) { take(row); };
    for (std::string_view bytes; listened_ && !(bytes = source_.read()).empty();) rows_.feed(bytes, sink);
    if (listened_ && (begun_ || !rows_.names().empty() || !command_.follow)) rows_.finish(sink);
    if (listened_ && !command_.state.empty()) call_.write({.no_point = true, .want_state = true});
  }

  /// Whether times are dates, known with the first verdict.
  bool dates() const noexcept { return dates_.load(std::memory_order_relaxed); }  // written before the point is sent

 private:
  void choose_columns() {
    begun_ = true;
    const std::size_t n = rows_.names().size();
    time_ = command_.time.empty() ? 0 : rows_.column(command_.time);
    value_ = command_.value.empty() ? 1 : rows_.column(command_.value);
    if (!command_.key.empty()) key_ = rows_.column(command_.key);
    if (value_ >= n)
      throw Error(Errc::invalid_argument,
                  fmt::format("{}: one column is not enough: times and values are wanted", source_.name()));
  }

  void take(const files::CsvRow& row) {
    if (!begun_) choose_columns();
    bool date = false;
    WatchItem item;
    item.point.time = rows_.time(row, time_, date);
    if (date) dates_.store(true, std::memory_order_relaxed);  // a flag that is only ever raised
    item.point.value = rows_.number(row, value_);
    if (!command_.key.empty()) item.point.series = row.cells[key_];
    listened_ = listened_ && call_.write(std::move(item));
  }

  const WatchCommand& command_;
  Source& source_;
  Watching& call_;
  files::CsvStream rows_;
  std::size_t time_ = 0, value_ = 1, key_ = 0;
  bool begun_ = false, listened_ = true;
  std::atomic<bool> dates_{false};
};

/// What is printed of one verdict.
std::string line_of(const streaming::Verdict& verdict, bool dates) {
  Value line = lagoon::detail::to_value(verdict);
  if (dates)
    for (auto& [name, value] : std::get<Value::Object>(line.data))
      if (name == "time") value = Value(files::format_timestamp(verdict.time));
  return compact(line) + "\n";
}

struct Tally {
  std::uint64_t points = 0, anomalies = 0, late = 0;
};

bool exists(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0;
}

WatchItem first_item(const WatchCommand& command, Output& output) {
  WatchItem first{.no_point = true};
  if (!command.state.empty() && exists(command.state)) {
    first.state = read_bytes(command.state);
    if (first.state.empty()) throw Error(Errc::data_loss, command.state + ": the state is empty");
    output.note(fmt::format("goes on from {}", command.state));
  } else {
    first.options = command.options;
  }
  return first;
}

}  // namespace

Exit watch(const WatchCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  Session session(common, stop);
  Source source(command.file, command.follow, stop);
  Caller<services::StreamAnalysis> caller(session.endpoint());
  // Ctrl-C ends the input, and with it the stream, in order: no point that was read is without its verdict.
  Watching call = caller.start<services::WatchStream>();
  call.write(first_item(command, output));

  Points points(command, source, call);
  std::exception_ptr broken;  // of the input
  std::thread sender([&] {
    try {
      points.send();
    } catch (...) {
      broken = std::current_exception();
    }
    call.close();
  });
  Tally tally;
  std::exception_ptr failed;  // of the stream, or of the output
  try {
    while (std::optional<WatchReply> reply = call.read()) {
      if (!reply->state.empty()) {
        write_bytes(command.state, reply->state);
        continue;
      }
      const streaming::Verdict& verdict = reply->verdict;
      ++tally.points;
      tally.anomalies += verdict.anomaly;
      tally.late += verdict.late;
      if (!command.anomalies_only || verdict.anomaly) output.item(line_of(verdict, points.dates()));
    }
  } catch (...) {
    failed = std::current_exception();
    call.cancel();
  }
  sender.join();
  if (broken) std::rethrow_exception(broken);
  if (failed) std::rethrow_exception(failed);
  output.end_items();
  output.note(fmt::format("{}, {}{}", counted(tally.points, "point"),
                          tally.anomalies == 1 ? "1 anomaly" : grouped(tally.anomalies) + " anomalies",
                          tally.late > 0 ? fmt::format(", {} late", grouped(tally.late)) : ""));
  session.write_trace();
  return Exit::ok;
}

}  // namespace lagoon::cli
