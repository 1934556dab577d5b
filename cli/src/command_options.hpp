// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "command.hpp"

namespace CLI {
class App;
}

// What each command may be told, as CLI11 knows it.
namespace lagoon::cli {

/// What an option holds before it is checked.
struct Texts {
  std::string memory_limit, timeout, progress = "auto", header = "auto", delimiter, decimal = ".", columns;
  std::vector<std::string> missing, out;
  std::string size;
  std::string window, lateness;
  std::string isolation = "thread", picture_timeout;
  bool fit = false, fill = false, exact = false;
};

void add_common(CLI::App& app, CommonOptions& o, Texts& t);
/// For commands that call services.
void add_isolation(CLI::App& app, Texts& t);
void add_analyze(CLI::App& app, AnalyzeCommand& a, Texts& t);
void add_series(CLI::App& app, SeriesCommand& s, Texts& t);
void add_learn(CLI::App& app, LearnCommand& l, Texts& t);
void add_watch(CLI::App& app, WatchCommand& w, Texts& t);
void add_matrix(CLI::App& app, MatrixCommand& m);
void add_md(CLI::App& app, MdCommand& m);
void add_images(CLI::App& app, ImagesCommand& c, Texts& t);

}  // namespace lagoon::cli
