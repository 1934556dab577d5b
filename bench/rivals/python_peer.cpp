// SPDX-License-Identifier: Apache-2.0
#include "rivals/python_peer.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "runner/runner.hpp"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace lagoon::bench {
namespace {

std::string interpreter() {
  const char* chosen = std::getenv("LAGOON_BENCH_PYTHON");
  std::string path = chosen ? chosen : LAGOON_BENCH_SOURCE "/../build/bench-venv/bin/python3";
  if (access(path.c_str(), X_OK) != 0)
    throw std::runtime_error("no Python rivals: run bench/setup_rivals.sh, or set LAGOON_BENCH_PYTHON");
  return path;
}

}  // namespace

PythonPeer::PythonPeer(unsigned threads, const std::string& script) {
  const std::string python = interpreter();
  const std::string path = LAGOON_BENCH_SOURCE "/rivals/" + script;
  std::array<int, 2> down{}, up{};
  if (pipe2(down.data(), O_CLOEXEC) != 0 || pipe2(up.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
  const std::string count = std::to_string(threads);
  std::array<char*, 4> arguments{const_cast<char*>(python.c_str()), const_cast<char*>(path.c_str()),
                                 const_cast<char*>(count.c_str()), nullptr};
  const int failed = posix_spawn(&process_, python.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(down[0]);
  close(up[1]);
  to_ = fdopen(down[1], "w");
  from_ = fdopen(up[0], "r");
  if (failed) throw std::runtime_error("cannot start " + python);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that has ended shows in ask()
  count_as_own(process_);
  try {
    ask("");  // its greeting
  } catch (const std::exception&) {
    std::fclose(to_);
    std::fclose(from_);
    waitpid(process_, nullptr, 0);
    throw std::runtime_error(python + " lacks numpy, scipy or bottleneck: run bench/setup_rivals.sh");
  }
}

PythonPeer::~PythonPeer() {
  std::fclose(to_);  // the end of its commands
  std::fclose(from_);
  waitpid(process_, nullptr, 0);
}

nlohmann::json PythonPeer::ask(const std::string& command) {
  if (!command.empty()) {
    std::fputs((command + "\n").c_str(), to_);
    std::fflush(to_);
  }
  char* line = nullptr;
  std::size_t room = 0;
  const bool got = getline(&line, &room, from_) > 0;
  const std::string text = got ? line : "";
  std::free(line);
  if (!got) throw std::runtime_error("the Python process has ended");
  nlohmann::json answer = nlohmann::json::parse(text);
  if (answer.contains("error")) throw std::runtime_error("Python: " + answer["error"].get<std::string>());
  return answer;
}

}  // namespace lagoon::bench
