// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "text.hpp"

namespace lagoon::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenBars = 100ms;
constexpr auto kBetweenLines = 5s;
constexpr auto kBetweenObjects = 250ms;

const char* environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody here sets variables
  return value && *value ? value : nullptr;
}

}  // namespace

std::size_t terminal_columns(int descriptor) {
  if (const char* text = environment("COLUMNS")) {
    const int columns = std::atoi(text);
    if (columns > 0) return static_cast<std::size_t>(columns);
  }
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool use_colour(int descriptor) {
  const char* terminal = environment("TERM");
  return ::isatty(descriptor) && !environment("NO_COLOR") && !(terminal && std::strcmp(terminal, "dumb") == 0);
}

Progress::Progress(ProgressMode mode, int descriptor, const Clock& clock)
    : mode_(mode), descriptor_(descriptor), clock_(clock), colour_(use_colour(descriptor)) {
  if (mode_ == ProgressMode::automatic && ::isatty(descriptor)) mode_ = ProgressMode::bar;
}

void Progress::begin(std::string stage, double total, std::string unit, Rate rate) {
  std::lock_guard lock(mutex_);
  rate_ = std::move(rate);
  stage_ = std::move(stage);
  unit_ = std::move(unit);
  total_ = total;
  began_ = shown_ = clock_.now();
  running_ = true;
}

void Progress::update(double done) {
  if (mode_ == ProgressMode::none) return;
  std::unique_lock lock(mutex_, std::try_to_lock);  // somebody else is drawing: this step can be left out
  if (!lock || !running_) return;
  const auto pause = mode_ == ProgressMode::bar    ? TimePoint::duration(kBetweenBars)
                     : mode_ == ProgressMode::json ? TimePoint::duration(kBetweenObjects)
                                                   : TimePoint::duration(kBetweenLines);
  if (clock_.now() - shown_ < pause) return;
  shown_ = clock_.now();
  show(done, false);
}

void Progress::end() {
  std::lock_guard lock(mutex_);
  if (!running_) return;
  running_ = false;
  erase();
  if (mode_ == ProgressMode::json) show(total_, true);
}

void Progress::abandon() {
  std::lock_guard lock(mutex_);
  running_ = false;
  erase();
}

void Progress::say(std::string_view text) {
  std::lock_guard lock(mutex_);
  erase();
  write(fmt::format("{}\n", text));
}

void Progress::make_way() {
  std::lock_guard lock(mutex_);
  erase();
}

void Progress::show(double done, bool last) {
  const double seconds = std::chrono::duration<double>(clock_.now() - began_).count();
  switch (mode_) {
    case ProgressMode::bar:
      write("\r" + bar(done, seconds) + "\033[K");
      drawn_ = true;
      break;
    case ProgressMode::automatic: write(line(done, seconds) + "\n"); break;
    case ProgressMode::json: write(json(last ? total_ : done, seconds) + "\n"); break;
    case ProgressMode::none: break;
  }
}

std::string Progress::amount(double x) const {
  return unit_ == "B" ? human_bytes(x) : grouped(static_cast<std::uint64_t>(x));
}

std::string Progress::speed(double per_second) const {
  const std::string text = amount(per_second) + "/s";
  return rate_.unit.empty() ? text : fmt::format("{}, {} {}", text, number(per_second * rate_.per_unit, 3), rate_.unit);
}

std::string Progress::line(double done, double seconds) const {
  const double share = total_ > 0 ? std::min(1.0, done / total_) : 0;
  std::string text = fmt::format("{}: {:.0f} %, {} of {}{}", stage_, 100 * share, amount(done), amount(total_),
                                 unit_ == "B" ? "" : " " + unit_);
  if (seconds > 0 && done > 0) {
    text += fmt::format(", {}", speed(done / seconds));
    text += fmt::format(", {} left", remaining(seconds * (total_ - done) / done));
  }
  return text;
}

std::string Progress::bar(double done, double seconds) const {
  const double share = total_ > 0 ? std::clamp(done / total_, 0.0, 1.0) : 0;
  std::string right = fmt::format(" {:3.0f} %  {}/{}", 100 * share, amount(done), amount(total_));
  if (seconds > 0 && done > 0)
    right += fmt::format("  {}  ETA {}", speed(done / seconds), remaining(seconds * (total_ - done) / done));
  const std::size_t columns = terminal_columns(descriptor_) - 1;  // the last column would wrap on some terminals
  const std::string left = stage_ + " ";
  const std::size_t taken = width_of(left) + width_of(right);
  if (columns < taken + 8) {
    std::string text = fitted(left + right, columns);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }
  const std::size_t room = std::min<std::size_t>(columns - taken - 2, 40);
  const auto full = static_cast<std::size_t>(share * static_cast<double>(room));
  const std::string filled(full, '#'), open(room - full, '.');
  return colour_ ? left + "[\033[36m" + filled + "\033[2m" + open + "\033[0m]" + right
                 : left + "[" + filled + open + "]" + right;
}

std::string Progress::json(double done, double seconds) const {
  const std::string left =
      done > 0 && total_ >= done ? fmt::format("{:.3f}", seconds * (total_ - done) / done) : std::string("null");
  return fmt::format(
      R"({{"event":"progress","stage":"{}","done":{:.0f},"total":{:.0f},"unit":"{}","seconds":{:.3f},"seconds_left":{}}})",
      stage_, done, total_, unit_, seconds, left);
}

void Progress::erase() {
  if (drawn_) write("\r\033[K");
  drawn_ = false;
}

void Progress::write(std::string_view text) const {
  // One system call a line, and nobody to tell when stderr is gone.
  [[maybe_unused]] const auto ignored = ::write(descriptor_, text.data(), text.size());
}

}  // namespace lagoon::cli
