// SPDX-License-Identifier: Apache-2.0
// gRPC's own shortest way: server and client in one process, joined by its in-process channel, no socket.
#include "rivals/rivals.hpp"

#if LAGOON_BENCH_GRPC
#include <grpcpp/grpcpp.h>

#include <memory>
#include <stdexcept>

#include "echo.grpc.pb.h"
#include "runner/timing.hpp"
#include "runner/work.hpp"

namespace lagoon::bench::rivals {
namespace {

class Service final : public rpc::Echo::CallbackService {
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const rpc::Number* request,
                                   rpc::Number* response) override {
    response->set_value(answer(request->value()));
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

struct Grpc {
  Service service;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<rpc::Echo::Stub> stub;
  rpc::Number request, response;
  Grpc() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
    stub = rpc::Echo::NewStub(server->InProcessChannel({}));
  }
  ~Grpc() {
    stub.reset();
    server->Shutdown();
  }
  void call() {
    grpc::ClientContext context;
    request.set_value(request.value() + 1);
    const grpc::Status status = stub->Answer(&context, request, &response);
    if (!status.ok()) throw std::runtime_error(status.error_message());
  }
};

}  // namespace

Side grpc_in_process() {
  auto grpc = std::make_shared<Grpc>();
  return {"gRPC " + grpc::Version() + ", InProcessChannel", [grpc](benchmark::State& state) {
            set_figure(state, 1 / median_of_batches(state, 1, [&] { grpc->call(); }));
          }};
}

}  // namespace lagoon::bench::rivals
#else
namespace lagoon::bench::rivals {
Side grpc_in_process() { return absent("gRPC", "built without gRPC (libgrpc++-dev, protobuf-compiler-grpc)"); }
}  // namespace lagoon::bench::rivals
#endif
