// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "command.hpp"
#include "exit_code.hpp"

namespace lagoon::cli {

/// Where the words of a command go: results to stdout or --out, all else to stderr.
class Output {
 public:
  Output(const CommonOptions& common, Progress& progress) : common_(common), progress_(progress) {}

  /// The result, once; to the file of --out (complete or not at all) or to stdout.
  ///   throws  Error when it cannot be written
  void result(std::string_view text);
  /// One item of a result that comes bit by bit: at once to stdout, or gathered for --out.
  void item(std::string_view text);
  void end_items();
  /// For people: silent with --quiet.
  void note(std::string_view line);
  /// Only with --verbose.
  void detail(std::string_view line);
  Progress& progress() noexcept { return progress_; }

 private:
  void print(std::string_view text);

  const CommonOptions& common_;
  Progress& progress_;
  std::unique_ptr<files::AtomicFile> items_;
};

Exit analyze(const AnalyzeCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit series(const SeriesCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit learn(const LearnCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit watch(const WatchCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit services(const CommonOptions& common, Output& output);
Exit describe(const DescribeCommand& command, const CommonOptions& common, Output& output);
Exit call(const CallCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit matrix(const MatrixCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit md(const MdCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit images(const ImagesCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);
Exit doctor(const CommonOptions& common, Output& output);
Exit top(const TopCommand& command, const CommonOptions& common, const StopControl& stop, Output& output);

}  // namespace lagoon::cli
