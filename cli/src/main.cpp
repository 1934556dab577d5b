// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <lagoon/rpc/process.hpp>
#include <lagoon/services/builtin.hpp>

#include "commands.hpp"
#include "interrupt.hpp"

namespace lagoon::cli {
namespace {

Exit run(const CommandLine& line, const StopControl& stop, Output& output) {
  const CommonOptions& common = line.common;
  if (const auto* c = std::get_if<AnalyzeCommand>(&line.command)) return analyze(*c, common, stop, output);
  if (const auto* c = std::get_if<SeriesCommand>(&line.command)) return series(*c, common, stop, output);
  if (const auto* c = std::get_if<LearnCommand>(&line.command)) return learn(*c, common, stop, output);
  if (const auto* c = std::get_if<WatchCommand>(&line.command)) return watch(*c, common, stop, output);
  if (const auto* c = std::get_if<DescribeCommand>(&line.command)) return describe(*c, common, output);
  if (const auto* c = std::get_if<CallCommand>(&line.command)) return call(*c, common, stop, output);
  if (const auto* c = std::get_if<MatrixCommand>(&line.command)) return matrix(*c, common, stop, output);
  if (const auto* c = std::get_if<MdCommand>(&line.command)) return md(*c, common, stop, output);
  if (const auto* c = std::get_if<ImagesCommand>(&line.command)) return images(*c, common, stop, output);
  if (const auto* c = std::get_if<TopCommand>(&line.command)) return top(*c, common, stop, output);
  if (std::holds_alternative<ServicesCommand>(line.command)) return services(common, output);
  if (std::holds_alternative<DoctorCommand>(line.command)) return doctor(common, output);
  output.result(line.text);
  return Exit::ok;
}

/// A run of dynamics finishes its step and writes down where it is, photographs that are under way are finished,
/// points that were read get their verdicts; a second Ctrl-C does not wait for that.
std::chrono::milliseconds patience_of(const Command& command) {
  const bool finishes = std::holds_alternative<MdCommand>(command) || std::holds_alternative<ImagesCommand>(command) ||
                        std::holds_alternative<WatchCommand>(command);
  return finishes ? std::chrono::minutes(5) : Interrupt::kPatience;
}

void complain(std::string_view text) { fmt::print(stderr, "lagoon: {}\n", text); }

int main(int argc, char** argv) {
  for (int s : {SIGPIPE, SIGXFSZ}) ::signal(s, SIG_IGN);  // a closed pipe, a file too large: seen where it is written
  CommandLine line;
  try {
    line = parse_command_line(argc, argv);
  } catch (const Error& e) {
    complain(e.status().message() + "\ntry: lagoon --help");
    return static_cast<int>(Exit::usage);
  }
  Interrupt interrupt(line.common.timeout, patience_of(line.command));
  Progress progress(line.common.progress);
  Output output(line.common, progress);
  Exit exit = Exit::ok;
  std::string why;
  try {
    exit = run(line, interrupt.control(), output);
  } catch (const UsageError& e) {
    exit = Exit::usage;
    why = e.status().message();
  } catch (...) {
    const Status status = status_of_current_exception();
    exit = exit_of(status.code());
    why = status.message();
    if (line.common.verbose > 0) why = status.to_string();
    if (status.code() == Errc::deadline_exceeded) why = fmt::format("not done within --timeout ({})", why);
  }
  progress.end();
  if (const int signal = interrupt.signal()) {
    if (exit != Exit::ok) {
      complain("interrupted");
      return 128 + signal;
    }
  }
  if (!why.empty()) complain(why);
  return static_cast<int>(exit);
}

}  // namespace
}  // namespace lagoon::cli

int main(int argc, char** argv) {
  if (lagoon::is_worker()) return lagoon::worker_main(lagoon::services::builtin_services());
  return lagoon::cli::main(argc, argv);
}
