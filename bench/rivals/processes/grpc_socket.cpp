// SPDX-License-Identifier: Apache-2.0
// gRPC between two processes over a unix socket: a number there and back.
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include "echo.grpc.pb.h"
#include "rivals/processes/two_processes.hpp"

namespace {

using namespace lagoon::bench;
using namespace lagoon::bench::processes;

class Service final : public rpc::Echo::CallbackService {
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const rpc::Number* request,
                                   rpc::Number* response) override {
    response->set_value(request->value());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main() {
  const std::string address = "unix:lagoon_bench_grpc_" + std::to_string(getpid());
  const pid_t other = other_side([&] {
    Service service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(&service);
    builder.BuildAndStart()->Wait();
  });
  bind_to(0);
  const auto stub = rpc::Echo::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  rpc::Number request, response;
  const auto call = [&] {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    request.set_value(request.value() + 1);
    if (!stub->Answer(&context, request, &response).ok() || response.value() != request.value()) std::exit(1);
  };
  for (int k = 0; k < 200; ++k) call();
  tell(seconds_per_call(200, 20, call));
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}
