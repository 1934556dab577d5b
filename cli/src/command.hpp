// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/services/imaging.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "progress.hpp"

namespace lagoon::cli {

/// What every command understands.
struct CommonOptions {
  unsigned workers = 0;                 ///< cores; 0: all this process may use
  std::size_t memory_limit = 0;         ///< bytes; 0: 70 % of the memory this process may use
  std::chrono::nanoseconds timeout{0};  ///< 0: none
  bool json = false;
  std::string out_file;                                         ///< of the result, or "": standard output
  std::vector<std::pair<std::string, std::string>> out_fields;  ///< call only: field of the answer, file
  std::string report;                                           ///< file name, or ""
  std::string trace;
  ProgressMode progress = ProgressMode::automatic;
  bool quiet = false;
  int verbose = 0;
};

/// `lagoon analyze FILE`
struct AnalyzeCommand {
  std::string file;
  files::CsvOptions csv;
  std::string correlation = "pearson";  ///< spearman, kendall, none
  std::size_t bins = 0;                 ///< of histograms; 0: chosen by the data
};
/// `lagoon services`
struct ServicesCommand {};
/// `lagoon describe Contract[.method]`
struct DescribeCommand {
  std::string name;
};
/// `lagoon call Contract.method field=value ...`
struct CallCommand {
  std::string method;
  std::vector<std::string> arguments;
};
/// `lagoon matrix OPERATION A [B]`
struct MatrixCommand {
  std::string operation;       ///< a method of lagoon.Matrix
  std::string a, b;            ///< files; b may be ""
  std::string precision;       ///< "" where it was not said, as below
  std::string kind;            ///< of norm and condition
  double tolerance = -1;       ///< of rank and pseudo_inverse; negative: chosen by the data
  bool values_only = false;    ///< eigenvalues and singular values without their vectors
  std::string prefix;          ///< of the files that arrays go to; "": they are printed
  std::string format = "npy";  ///< of those files: npy, mtx, csv
};
/// `lagoon md RUN.toml`
struct MdCommand {
  std::string file;
  std::int64_t steps = -1;  ///< to be reached, in place of the run file's; negative: as it says
  std::string folder;       ///< of all outputs with relative names; "": the working directory
  bool resume = false;
  bool dry_run = false;
};
/// `lagoon images IN OUT`
struct ImagesCommand {
  std::string in, out;  ///< files or folders
  services::ImageRecipe recipe;
  services::ImageEncoding encoding;
  bool resume = false;   ///< leaves alone what an earlier run of the same recipe has made
  bool dry_run = false;  ///< lists only
};
/// `lagoon doctor`
struct DoctorCommand {};

/// `lagoon top [PID]`
struct TopCommand {
  int pid = 0;  ///< 0: the only process that publishes
  bool once = false;
};

using Command = std::variant<std::monostate, AnalyzeCommand, ServicesCommand, DescribeCommand, CallCommand,
                             MatrixCommand, MdCommand, ImagesCommand, DoctorCommand, TopCommand>;

struct CommandLine {
  CommonOptions common;
  Command command;  ///< monostate: there is only `text` to print (help, version)
  std::string text;
};

/// throws  UsageError saying what is wrong and what was perhaps meant
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace lagoon::cli
