// SPDX-License-Identifier: Apache-2.0
#include "rivals/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace lagoon::bench::rivals {
namespace {

constexpr const char* kOutput = "output of the program";
constexpr std::chrono::seconds kLeave{5};  // from being asked to end to being ended
constexpr std::size_t kLastWords = 400;    // of a failed program, that the row shows

std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  std::vector<std::string> all;
  const auto changed = [&](const std::string& variable) {
    for (const std::string& change : changes)
      if (variable.rfind(change.substr(0, change.find('=') + 1), 0) == 0) return true;
    return false;
  };
  for (char** variable = environ; *variable; ++variable)
    if (!changed(*variable)) all.emplace_back(*variable);
  for (const std::string& change : changes)
    if (change.back() != '=') all.push_back(change);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t start(const Scratch& folder, const Command& command) {
  std::vector<std::string> words = command.words, environment = environment_with(command.environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.path().c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, kOutput, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = -1;
  const int failed = posix_spawnp(&process, words[0].c_str(), &actions, nullptr, pointers_to(words).data(),
                                  pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed) throw std::runtime_error("cannot start " + words[0] + ": " + std::strerror(failed));
  return process;
}

/// Whether it ended by then. Where the kernel has no such descriptors (before 5.3) it is waited for as long as it
/// takes.
bool ends_within(int descriptor, std::chrono::milliseconds time) {
  if (descriptor < 0) return true;
  pollfd watched{descriptor, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&watched, 1, static_cast<int>(time.count()));
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

}  // namespace

Scratch::Scratch() {
  std::string name = std::filesystem::temp_directory_path() / "lagoon_bench_XXXXXX";
  if (!mkdtemp(name.data())) throw std::runtime_error(name + ": " + std::strerror(errno));
  path_ = name;
}
Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Scratch::write(const std::string& name, const std::string& text) const {
  std::ofstream out(path_ / name, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (!out) throw std::runtime_error((path_ / name).string() + " cannot be written");
}

std::string Scratch::read(const std::string& name) const {
  std::ifstream in(path_ / name, std::ios::binary);
  if (!in) throw std::runtime_error((path_ / name).string() + " is not there");
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  return false;
}

std::string run(const Scratch& folder, const Command& command) {
  const pid_t process = start(folder, command);
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, process, 0));  // glibc 2.36 lacks extern "C" for it
  const bool in_time = ends_within(descriptor, command.patience);
  if (!in_time) {
    kill(process, SIGTERM);  // mpirun ends its ranks when it is asked to
    if (!ends_within(descriptor, kLeave)) kill(process, SIGKILL);
  }
  if (descriptor >= 0) close(descriptor);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  std::string output = folder.read(kOutput);
  if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  std::replace(output.begin(), output.end(), '\n', ' ');  // a row is a line
  const std::string words = output.size() > kLastWords ? output.substr(output.size() - kLastWords) : output;
  throw std::runtime_error(command.words[0] + (in_time ? " failed: " : " took too long: ") + words);
}

}  // namespace lagoon::bench::rivals
