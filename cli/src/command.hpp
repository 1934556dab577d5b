// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/streaming/watcher.hpp>
#include <lagoon/rpc/process.hpp>
#include <lagoon/services/imaging.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "progress.hpp"

namespace lagoon::cli {

/// What every command understands.
struct CommonOptions {
  unsigned workers = 0;                     ///< cores; 0: all this process may use
  std::size_t memory_limit = 0;             ///< bytes; 0: 70 % of the memory this process may use
  std::chrono::nanoseconds timeout{0};      ///< 0: none
  Isolation isolation = Isolation::thread;  ///< of the services; for commands that call them
  bool json = false;
  std::string out_file;                                         ///< of the result, or "": standard output
  std::vector<std::pair<std::string, std::string>> out_fields;  ///< call only: field of the answer, file
  std::string report;                                           ///< file name, or ""
  std::string trace;
  ProgressMode progress = ProgressMode::automatic;
  bool quiet = false;
  int verbose = 0;
};

/// The table that a command reads.
struct TableInput {
  std::string file;
  files::CsvOptions csv;
  std::string time;  ///< column of times, in whose order rows are taken; or ""
};
/// `lagoon analyze FILE`
struct AnalyzeCommand {
  TableInput table;
  std::string correlation = "pearson";  ///< spearman, kendall, none
  std::size_t bins = 0;                 ///< of histograms; 0: chosen by the data
  std::int64_t period = 0;              ///< of the series, in rows; 0: looked for
  std::string target;                   ///< column to be learned from the others; or ""
};
/// `lagoon series FILE`
struct SeriesCommand {
  TableInput table;
  std::string column;       ///< "": the only one that there is
  std::int64_t period = 0;  ///< in rows; 0: looked for
  std::int64_t lags = 0;    ///< of the autocorrelation; 0: chosen by the data
  bool plain = false;       ///< the decomposition counts outliers like all others
  std::string parts;        ///< CSV file for the series and its parts, or ""
};
/// `lagoon learn FILE`
struct LearnCommand {
  TableInput table;
  std::string target;  ///< column to be learned; "": clusters or components
  std::string model;   ///< forest, linear, kmeans, dbscan, agglomerative, pca; "": by the target
  std::string task = "automatic";
  double ridge = 0;
  std::int64_t trees = 100, depth = 0, bins = 256;
  std::int64_t folds = 0;
  std::int64_t clusters = 0;  ///< 0: not said
  double radius = 0;          ///< 0: not said
  std::int64_t min_neighbours = 5;
  std::string linkage = "ward";
  std::int64_t components = 0;
  bool standardise = false;
  std::int64_t seed = 1;
  std::string save;         ///< file for the model, or ""
  std::string use;          ///< file of a model that predicts, instead of learning; or ""
  std::string predictions;  ///< CSV file for what is said of each row, or ""
};
/// `lagoon watch [FILE]`
struct WatchCommand {
  std::string file = "-";
  files::CsvOptions csv;
  std::string time, value, key;  ///< columns; "": the first, the second, none
  streaming::WatcherOptions options;
  bool follow = false;          ///< waits for more at the end of the file
  bool anomalies_only = false;  ///< prints no other verdicts
  std::string state;            ///< file of what was learned, to go on from and to write at the end; or ""
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
  bool untrusted = false;                       ///< pictures are decoded in processes that may open no file
  std::chrono::nanoseconds picture_timeout{0};  ///< that one may take there
  bool resume = false;                          ///< leaves alone what an earlier run of the same recipe has made
  bool dry_run = false;                         ///< lists only
};
/// `lagoon doctor`
struct DoctorCommand {};

/// `lagoon top [PID]`
struct TopCommand {
  int pid = 0;  ///< 0: the only process that publishes
  bool once = false;
};

using Command =
    std::variant<std::monostate, AnalyzeCommand, SeriesCommand, LearnCommand, WatchCommand, ServicesCommand,
                 DescribeCommand, CallCommand, MatrixCommand, MdCommand, ImagesCommand, DoctorCommand, TopCommand>;

struct CommandLine {
  CommonOptions common;
  Command command;  ///< monostate: there is only `text` to print (help, version)
  std::string text;
};

/// throws  UsageError saying what is wrong and what was perhaps meant
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace lagoon::cli
