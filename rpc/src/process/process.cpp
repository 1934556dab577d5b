// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/process.hpp>

#include "worker_process.hpp"

namespace lagoon {

Process::Process(Engine& engine, std::vector<Service> services, IsolateOptions isolate, ProcessOptions process,
                 LocalOptions local)
    : services_(std::move(services)) {
  detail::WorkerKind kind{services_, isolate, local, std::move(process),
                          detail::make_shared_arrays(engine, isolate.name + "'s arrays", isolate.huge_pages)};
  memory_ = kind.arrays.memory;
  worker_ = detail::WorkerProcess::start(engine, kind, isolate.name, {});
  isolate_ = std::make_unique<Isolate>(engine, isolate);
  local_ = std::make_unique<Local>(*isolate_, worker_->stubs(kind), local);
}

Process::~Process() {
  worker_->finish();
  isolate_.reset();  // when its calls have ended
  local_.reset();
  worker_.reset();
}

int Process::pid() const noexcept { return worker_->pid(); }
bool Process::is_alive() const noexcept { return worker_->is_alive(); }
Status Process::end() const { return worker_->end(); }

std::shared_ptr<detail::BoundMethod> Process::bind(std::string_view contract, std::string_view method, MethodKind kind,
                                                   const std::type_info& request, const std::type_info& response) {
  return local_->bind(contract, method, kind, request, response);
}
std::vector<MethodReport> Process::report() const { return local_->report(); }

}  // namespace lagoon
