// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

// Rivals that are programs of their own: started for each repetition, and asked for the time that they measured.
namespace lagoon::bench::rivals {

/// A folder among the system's temporary ones, gone with this.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

/// Whether PATH has a program of that name.
bool has_program(const std::string& name);

struct Command {
  std::vector<std::string> words;             ///< the program, found in PATH, and its arguments
  std::vector<std::string> environment = {};  ///< "NAME=value" beside what this process has, "NAME=" to take it away
  std::chrono::seconds patience{300};         ///< then it is ended
};

/// Runs it in that folder to its end, without input.
///   returns  all that it wrote, errors among it
///   throws   std::runtime_error with the end of what it wrote: not started, failed, or not done in time
std::string run(const Scratch& folder, const Command& command);

}  // namespace lagoon::bench::rivals
