// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/pool.hpp>

#include "transport.hpp"

namespace lagoon::conformance {
namespace {

class LocalWorld : public World {
 public:
  LocalWorld(std::vector<Service> services, const WorldOptions& options)
      : isolate_(engine_, {.name = "echo", .concurrency = options.concurrency, .queue_limit = options.queue_limit}),
        local_(isolate_, std::move(services), {.max_message = options.max_message}) {}
  Endpoint& endpoint() override { return local_; }
  std::string isolate_name() const override { return isolate_.name(); }

 private:
  Engine engine_;
  Isolate isolate_;
  Local local_;
};

class CopyingWorld final : public LocalWorld {
 public:
  using LocalWorld::LocalWorld;
  CallOptions defaults() const override {
    CallOptions options;
    options.zero_copy = false;
    return options;
  }
};

/// One worker, so that what is said of an isolate's queue and slots holds.
class PooledWorld final : public World {
 public:
  PooledWorld(std::vector<Service> services, const WorldOptions& options)
      : pool_(engine_, std::move(services),
              {.name = "echo",
               .workers = 1,
               .worker = {.concurrency = options.concurrency ? options.concurrency : engine_.cores(),
                          .queue_limit = options.queue_limit},
               .local = {.max_message = options.max_message}}) {}
  Endpoint& endpoint() override { return pool_; }
  std::string isolate_name() const override { return "echo/0"; }
  std::string queue_name() const override { return "echo"; }

 private:
  Engine engine_;
  Pool pool_;
};

template <class W>
std::unique_ptr<World> make(std::vector<Service> services, const WorldOptions& options) {
  return std::make_unique<W>(std::move(services), options);
}

}  // namespace

std::span<const Transport> transports() {
  static const std::vector<Transport> all = {
      {"local", &make<LocalWorld>},
      {"copying", &make<CopyingWorld>},
      {"pool", &make<PooledWorld>},
  };
  return all;
}

}  // namespace lagoon::conformance
