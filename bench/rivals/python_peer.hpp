// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace lagoon::bench {

/// A Python process that holds the same data and runs one repetition when asked. It sleeps in between.
///
/// The interpreter is $LAGOON_BENCH_PYTHON, or that of build/bench-venv, which setup_rivals.sh makes.
class PythonPeer {
 public:
  /// threads   that its libraries may use
  /// script    in this folder
  /// throws    std::runtime_error: no interpreter, or its modules are missing
  explicit PythonPeer(unsigned threads, const std::string& script = "numpy_peer.py");
  ~PythonPeer();
  PythonPeer(const PythonPeer&) = delete;
  PythonPeer& operator=(const PythonPeer&) = delete;

  /// Sends one command and waits for its answer.  throws  std::runtime_error: the process has ended
  nlohmann::json ask(const std::string& command);

 private:
  pid_t process_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace lagoon::bench
