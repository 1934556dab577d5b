// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/services/builtin.hpp>

#include <chrono>
#include <sstream>
#include <thread>

namespace lagoon::cli {

Session::Session(const CommonOptions& common, const StopControl& stop)
    : common_(common),
      stop_(stop),
      engine_({.cores = common.workers, .memory_limit = common.memory_limit, .trace = &trace_}),
      isolate_(engine_, {.name = "lagoon"}) {
  if (!common.trace.empty() || !common.report.empty()) trace_.start();
}

Endpoint& Session::endpoint() {
  if (endpoint_) return *endpoint_;
  if (common_.isolation == Isolation::thread) {
    endpoint_ = std::make_unique<Local>(isolate_, services::builtin_services());
  } else {
    auto process = std::make_unique<Process>(engine_, services::builtin_services(), IsolateOptions{.name = "lagoon"});
    shared_.handle = process->memory();
    endpoint_ = std::move(process);
  }
  return *endpoint_;
}

Pool& Session::open_pool(PoolOptions options) {
  if (common_.isolation == Isolation::process) options.isolation = Isolation::process;
  const bool processes = options.isolation == Isolation::process;
  auto made = std::make_unique<Pool>(engine_, services::builtin_services(), std::move(options));
  Pool& pool = *made;
  if (processes) shared_.handle = pool.memory();
  endpoint_ = std::move(made);
  return pool;
}

bool Session::arrays_are_shared() {
  if (common_.isolation == Isolation::process) endpoint();
  return shared_.handle != nullptr;
}

MemoryHandle Session::arrays() { return arrays_are_shared() ? shared_.handle : isolate_.memory(); }

CallOptions Session::call_options() const {
  CallOptions options;
  options.stop = &stop_;
  options.deadline = stop_.deadline();
  return options;
}

std::string Session::trace_json() const {
  if (!trace_.on()) return "";
  // A call is answered a moment before its span ends.
  for (int look = 0; look < 1000 && isolate_.running() > 0; ++look)
    std::this_thread::sleep_for(std::chrono::microseconds(10));
  std::ostringstream text;
  trace_.write_json(text);
  return std::move(text).str();
}

void Session::write_trace() const {
  if (common_.trace.empty()) return;
  files::AtomicFile file(common_.trace);
  file.write(trace_json());
  file.commit();
}

}  // namespace lagoon::cli
