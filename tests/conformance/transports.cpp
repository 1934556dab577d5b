// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/pool.hpp>
#include <lagoon/rpc/process.hpp>

#include <cstdlib>
#include <string_view>

#include "support/long_run.hpp"
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
class PooledWorld : public World {
 public:
  PooledWorld(std::vector<Service> services, const WorldOptions& options, Isolation isolation = Isolation::thread)
      : pool_(engine_, std::move(services),
              {.name = "echo",
               .workers = 1,
               .worker = {.concurrency = options.concurrency ? options.concurrency : engine_.cores(),
                          .queue_limit = options.queue_limit},
               .isolation = isolation,
               .process = {.program = LAGOON_ECHO_WORKER},
               .local = {.max_message = options.max_message}}) {}
  Endpoint& endpoint() override { return pool_; }
  std::string isolate_name() const override { return "echo/0"; }
  std::string queue_name() const override { return "echo"; }

 private:
  Engine engine_;
  Pool pool_;
};

class ProcessPoolWorld final : public PooledWorld {
 public:
  ProcessPoolWorld(std::vector<Service> services, const WorldOptions& options)
      : PooledWorld(std::move(services), options, Isolation::process) {}
};

/// The service in another process.
class ProcessWorld final : public World {
 public:
  ProcessWorld(std::vector<Service> services, const WorldOptions& options)
      : process_(engine_, std::move(services),
                 {.name = "echo", .concurrency = options.concurrency, .queue_limit = options.queue_limit},
                 {.program = LAGOON_ECHO_WORKER}, {.max_message = options.max_message}) {}
  Endpoint& endpoint() override { return process_; }
  std::string isolate_name() const override { return "echo"; }

 private:
  Engine engine_;
  Process process_;
};

template <class W>
std::unique_ptr<World> make(std::vector<Service> services, const WorldOptions& options) {
  return std::make_unique<W>(std::move(services), options);
}

/// A sanitized program takes a third of a second to start, and there are hundreds of tests: only in long runs, and then
/// with one number of oneTBB's threads.
bool starts_processes() {
#ifdef LAGOON_TEST_SANITIZED
  const char* const threads = std::getenv("LAGOON_TEST_PARALLELISM");
  return test::run_long() && (!threads || std::string_view(threads) == "2");
#else
  return true;
#endif
}

std::vector<Transport> all_transports() {
  std::vector<Transport> all = {
      {"local", &make<LocalWorld>}, {"copying", &make<CopyingWorld>}, {"pool", &make<PooledWorld>}};
  if (!starts_processes()) return all;
  all.push_back({"process", &make<ProcessWorld>});
  all.push_back({"process_pool", &make<ProcessPoolWorld>});
  return all;
}

}  // namespace

std::span<const Transport> transports() {
  static const std::vector<Transport> all = all_transports();
  return all;
}

}  // namespace lagoon::conformance
