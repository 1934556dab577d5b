// SPDX-License-Identifier: Apache-2.0
#include "runner/cpu_use.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "runner/runner.hpp"

namespace lagoon::bench {
namespace {

std::vector<pid_t>& own_processes() {
  static std::vector<pid_t> processes;
  return processes;
}

double per_tick() {
  static const double seconds = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return seconds;
}

double seconds_of_process(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');  // the name may hold spaces
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) * per_tick();
}

}  // namespace

void count_as_own(pid_t process) { own_processes().push_back(process); }

CpuUse CpuUse::now() {
  CpuUse use;
  std::ifstream file("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  file >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  use.machine = (user + nice + system + irq + softirq + steal) * per_tick();
  rusage self{}, ended{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &ended);  // rivals that are programs, and theirs, once they have been waited for
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  use.own = seconds(self.ru_utime) + seconds(self.ru_stime) + seconds(ended.ru_utime) + seconds(ended.ru_stime);
  for (pid_t process : own_processes()) use.own += seconds_of_process(process);
  return use;
}

}  // namespace lagoon::bench
