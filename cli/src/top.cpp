// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <lagoon/monitor/publish.hpp>

#include <algorithm>
#include <map>

#include "commands.hpp"
#include "text.hpp"
#include "top_text.hpp"

namespace lagoon::cli {
namespace {

constexpr int kLook = 50;  // milliseconds between looks at Ctrl-C

/// The pool's table over the whole terminal, which is as it was before when this ends.
class Screen {
 public:
  Screen() { put("\033[?1049h\033[?25l"); }
  ~Screen() { put("\033[?25h\033[?1049l"); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(std::string_view text) const {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    const std::size_t columns = terminal_columns(STDOUT_FILENO), rows = known ? size.ws_row : 24u;
    std::string frame = "\033[H";
    for (std::size_t row = 0; row < rows && !text.empty(); ++row) {
      const auto end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      frame += width_of(line) <= columns ? std::string(line) : fitted(line, columns);
      frame += "\033[K";
      if (row + 1 < rows) frame += "\r\n";
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    put(frame + "\033[J");
  }

 private:
  static void put(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
      if (n <= 0) return;  // a terminal that has gone needs no picture
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
};

/// Where to read: one process, all its pools.
std::vector<Published> choose(int wanted) {
  const std::string folder = publish_folder();
  std::vector<Published> all = find_published(folder);
  std::vector<int> pids;
  for (const Published& p : all)
    if (pids.empty() || pids.back() != p.pid) pids.push_back(p.pid);
  if (wanted != 0 && std::find(pids.begin(), pids.end(), wanted) == pids.end())
    throw Error(Errc::not_found, fmt::format("process {} publishes nothing; {}", wanted,
                                             pids.empty() ? "nor does any other of yours"
                                                          : fmt::format("these do: {}", fmt::join(pids, ", "))));
  if (pids.empty())
    throw Error(Errc::not_found,
                fmt::format("no process of yours publishes a pool (looked in {})\n"
                            "a program does so with: lagoon::Monitor monitor(pool, {{.publish = true}});",
                            folder));
  if (wanted == 0 && pids.size() > 1)
    throw UsageError(
        fmt::format("several processes publish pools; say which: lagoon top PID, one of {}", fmt::join(pids, ", ")));
  const int pid = wanted ? wanted : pids.front();
  std::erase_if(all, [&](const Published& p) { return p.pid != pid; });
  return all;
}

/// What one process publishes: the latest line of each of its pools.
class Source {
 public:
  explicit Source(const std::vector<Published>& pools) : pid_(pools.front().pid) {
    for (const Published& p : pools) streams_.push_back({std::make_unique<Subscription>(p.path), {}, false});
  }

  /// Waits for lines, but not long, and gives them in the order in which they came.
  std::vector<std::string> wait() {
    std::vector<pollfd> ends;
    for (const Stream& s : streams_) ends.push_back({s.over ? -1 : s.end->descriptor(), POLLIN, 0});
    std::vector<std::string> all;
    if (::poll(ends.data(), ends.size(), kLook) <= 0) return all;
    for (Stream& s : streams_) {
      std::vector<std::string> lines;
      if (!s.over && !s.end->read(lines)) s.over = true;
      if (!lines.empty()) s.latest = lines.back();
      all.insert(all.end(), lines.begin(), lines.end());
    }
    return all;
  }
  bool over() const {
    return std::all_of(streams_.begin(), streams_.end(), [](const Stream& s) { return s.over; });
  }
  /// Each pool that has not ended has said something.
  bool complete() const {
    return std::all_of(streams_.begin(), streams_.end(), [](const Stream& s) { return s.over || !s.latest.empty(); });
  }
  std::vector<std::string> latest() const {
    std::vector<std::string> lines;
    for (const Stream& s : streams_)
      if (!s.latest.empty()) lines.push_back(s.latest);
    return lines;
  }
  std::string tables() const {
    std::string text;
    for (const std::string& line : latest())
      text += (text.empty() ? "" : "\n") + table_of(pool_interval_from_json(line), pid_);
    return text;
  }
  int pid() const noexcept { return pid_; }

 private:
  struct Stream {
    std::unique_ptr<Subscription> end;
    std::string latest;
    bool over = false;
  };
  int pid_;
  std::vector<Stream> streams_;
};

Exit once(Source& source, const CommonOptions& common, const StopControl& stop, Output& output) {
  while (!source.complete()) {
    if (stop.reason() == Errc::cancelled) return Exit::interrupted;
    if (stop.reason() != Errc::ok)
      throw Error(Errc::deadline_exceeded, fmt::format("process {} has published nothing yet", source.pid()));
    source.wait();
  }
  if (source.latest().empty())
    throw Error(Errc::not_found, fmt::format("process {} ended before it published anything", source.pid()));
  if (!common.json) output.result(source.tables());
  std::string lines;
  for (const std::string& line : source.latest()) lines += line + "\n";
  if (common.json) output.result(lines);
  return Exit::ok;
}

}  // namespace

Exit top(const TopCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  Source source(choose(command.pid));
  if (command.once) return once(source, common, stop, output);
  const bool drawn = !common.json && common.out_file.empty() && ::isatty(STDOUT_FILENO);
  {
    const auto screen = drawn ? std::make_unique<Screen>() : nullptr;
    if (screen) screen->show(fmt::format("waiting for process {}; Ctrl-C ends", source.pid()));
    while (!source.over() && stop.reason() == Errc::ok) {
      const std::vector<std::string> lines = source.wait();
      if (lines.empty()) continue;
      if (common.json)
        for (const std::string& line : lines) output.item(line + "\n");
      else if (screen)
        screen->show(source.tables());
      else
        output.item(source.tables() + "\n");
    }
  }
  output.end_items();
  if (drawn) output.result(source.tables());  // what was last seen stays
  if (source.over()) output.note(fmt::format("process {} publishes no more", source.pid()));
  return Exit::ok;
}

}  // namespace lagoon::cli
