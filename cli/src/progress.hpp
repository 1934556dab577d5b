// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/clock.hpp>
#include <mutex>
#include <string>
#include <string_view>

namespace lagoon::cli {

enum class ProgressMode {
  automatic,  ///< a bar on a terminal, a line every five seconds elsewhere
  bar,
  json,  ///< one JSON object per line
  none,
};

/// Another name for a speed: {"ns/day", 0.17} when one step per second is 0.17 of them.
struct Rate {
  std::string unit;  ///< "": none
  double per_unit = 0;
};

/// Shows on stderr how far the work is, its rate and the time left.
///
///   Progress progress(ProgressMode::automatic);
///   progress.begin("reading", file_size, "B");
///   ... progress.update(bytes_read);            // from any thread, as often as you like
///   progress.end();
///
/// The bar obeys COLUMNS and NO_COLOR, is redrawn ten times a second at most, and is gone when the stage ends.
class Progress {
 public:
  explicit Progress(ProgressMode mode, int descriptor = 2, const Clock& clock = system_clock());
  ~Progress() { end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// unit  "B" shows sizes; any other word stands behind plain numbers
  /// rate  a second way to say how fast it goes, behind the first
  void begin(std::string stage, double total, std::string unit, Rate rate = {});
  void update(double done);
  void end();
  /// The same for a stage that has not come to its end.
  void abandon();
  /// A line of text above the bar.
  void say(std::string_view line);
  /// Takes the bar away until it is drawn again: somebody else writes to the terminal.
  void make_way();

 private:
  void show(double done, bool last);
  std::string bar(double done, double seconds) const;
  std::string line(double done, double seconds) const;
  std::string json(double done, double seconds) const;
  std::string amount(double x) const;
  std::string speed(double per_second) const;
  void write(std::string_view text) const;
  void erase();

  ProgressMode mode_;
  int descriptor_;
  const Clock& clock_;
  bool colour_ = false;
  std::mutex mutex_;
  std::string stage_, unit_;
  Rate rate_;
  double total_ = 0;
  TimePoint began_{}, shown_{};
  bool running_ = false, drawn_ = false;
};

/// Width of the terminal: COLUMNS, what the terminal says, or 80.
std::size_t terminal_columns(int descriptor);
/// Whether to colour: a terminal, and neither NO_COLOR nor TERM=dumb.
bool use_colour(int descriptor);

}  // namespace lagoon::cli
