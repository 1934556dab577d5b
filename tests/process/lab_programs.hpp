// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "lab.hpp"
#include "rpc/watchdog.hpp"

// What tests of process isolates start, and how they look at what is left of it.
namespace lagoon::test {

using namespace std::chrono_literals;

using ProcessCaller = Caller<ProcessLab>;

inline ProcessOptions lab_program(std::vector<std::string> arguments = {}, std::vector<std::string> environment = {}) {
  return {.program = LAGOON_LAB_WORKER, .arguments = std::move(arguments), .environment = std::move(environment)};
}

/// A lab in one process.
struct LabProcess {
  explicit LabProcess(const IsolateOptions& isolate = {.name = "lab", .concurrency = 2},
                      const ProcessOptions& program = lab_program(), const EngineOptions& engine_options = {})
      : engine(engine_options), process(engine, {process_lab()}, isolate, program), caller(process) {}
  Engine engine;
  Process process;
  ProcessCaller caller;
};

inline Tensor<double, 1> counted(std::ptrdiff_t n, const MemoryHandle& memory) {
  Tensor<double, 1> made({n}, memory);
  for (std::ptrdiff_t i = 0; i < n; ++i) made[i] = static_cast<double>(i);
  return made;
}
inline Order with_values(Tensor<double, 1>&& values) { return {.values = std::move(values).freeze()}; }
inline Order deed(std::string what, std::int64_t number = 0, std::string path = {}) {
  return {.deed = std::move(what), .number = number, .path = std::move(path), .values = {}};
}

/// What that address belongs to, as the system names it: "/memfd:lab's arrays (deleted)".
inline std::string mapping_of(const void* address) {
  std::ifstream maps("/proc/self/maps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    std::string rest;
    char dash = 0;
    std::istringstream words(line);
    words >> std::hex >> begin >> dash >> end;
    if (wanted < begin || wanted >= end) continue;
    for (int k = 0; k < 4; ++k) words >> rest;
    std::getline(words >> std::ws, rest);
    return rest;
  }
  return {};
}

/// A folder of the test's own, gone with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lagoon-lab-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no folder for a test");
    path_ = name;
  }
  ~Folder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ / name; }
  /// An empty file, for those who take it.
  std::string make(const std::string& name) const {
    std::ofstream(file(name)).flush();
    return file(name);
  }
  bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }
  std::uintmax_t size(const std::string& name) const {
    return has(name) ? std::filesystem::file_size(path_ / name) : 0;
  }

 private:
  std::filesystem::path path_;
};

inline std::size_t entries_of(const char* folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

/// What a program has of the system: nothing of it may be left behind.
struct Holdings {
  std::size_t files = 0, threads = 0, children = 0;
  static Holdings now() {
    Holdings all{entries_of("/proc/self/fd"), entries_of("/proc/self/task"), 0};
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream listed(task.path() / "children");
      for (std::string child; listed >> child;) ++all.children;
    }
    return all;
  }
  bool operator==(const Holdings&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Holdings& h) {
  return out << h.files << " descriptors, " << h.threads << " threads, " << h.children << " children";
}

/// Looks again until it is so: for what another process does, of which no event tells.
template <class Condition>
bool comes_true(Condition condition, std::chrono::seconds patience = 30s) {
  const auto until = std::chrono::steady_clock::now() + patience * kSlowness;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace lagoon::test
