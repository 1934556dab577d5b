// SPDX-License-Identifier: Apache-2.0
// Cap'n Proto between two processes over a unix socket: a number there and back.
#include <capnp/ez-rpc.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "echo.capnp.h"
#include "rivals/processes/two_processes.hpp"

namespace {

using namespace lagoon::bench::processes;

class Server final : public ::Echo::Server {
  kj::Promise<void> answer(AnswerContext context) override {
    context.getResults().setValue(context.getParams().getValue());
    return kj::READY_NOW;
  }
};

}  // namespace

int main() {
  const std::string path = "lagoon_bench_capnp_" + std::to_string(getpid());
  const std::string address = "unix:" + path;
  const pid_t other = other_side([&] {
    capnp::EzRpcServer server(kj::heap<Server>(), address.c_str());
    kj::NEVER_DONE.wait(server.getWaitScope());
  });
  bind_to(0);
  while (access(path.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  capnp::EzRpcClient client(address.c_str());
  ::Echo::Client echo = client.getMain<::Echo>();
  std::uint64_t question = 0;
  const auto call = [&] {
    auto request = echo.answerRequest();
    request.setValue(++question);
    if (request.send().wait(client.getWaitScope()).getValue() != question) std::exit(1);
  };
  for (int k = 0; k < 200; ++k) call();
  tell(seconds_per_call(200, 20, call));
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}
