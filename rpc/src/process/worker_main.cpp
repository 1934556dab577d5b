// SPDX-License-Identifier: Apache-2.0
// The program at the other end of a link.
#include <lagoon/core/error.hpp>
#include <lagoon/engine/foreign_thread.hpp>
#include <lagoon/rpc/process.hpp>

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "call_facts.hpp"
#include "child.hpp"
#include "handshake.hpp"
#include "link.hpp"
#include "shared_arrays.hpp"

namespace lagoon {
namespace {

using namespace detail;

constexpr int kLinkDescriptor = 3;
constexpr auto kHelloTimeout = std::chrono::seconds(10);
// Heap beside arrays: libraries, stacks, what oneTBB and the C library keep.
constexpr std::size_t kBesideArrays = std::size_t{256} << 20;
// The caller's side sees to how many calls run. One that has sent its answer has its slot for a moment more.
constexpr unsigned kOnTheWayOut = 2;

int complain(const std::string& why) {
  std::fprintf(stderr, "worker: %s\n", why.c_str());
  return 2;
}

/// What a worker is made of, from the hello on.
class Worker {
 public:
  Worker(const Hello& hello, std::vector<File>& files, const std::vector<Service>& services, FaultPlan* faults)
      : engine_({.cores = static_cast<unsigned>(hello.cores), .memory_limit = hello.memory_limit, .faults = faults}) {
    if (files.size() != 4) throw Error(Errc::data_loss, "a hello without its files");
    const std::size_t ring = kRingPage + kRingBytes;
    LinkMemory memory;
    memory.peers_ring = Mapping(files[0], ring, false);
    memory.own_ring = Mapping(files[1], ring, true);
    memory.peers = Mapping(files[2], hello.own_memory, false);
    if (!hello.strict) memory.peers_writable = Mapping(files[2], hello.own_memory, true);
    memory.own = std::make_shared<Region>(std::move(files[3]), hello.workers_memory, hello.huge_pages);
    memory.peer_may_write = true;
    isolate_.emplace(engine_, options(hello, memory.own));
    memory.rooms = isolate_->memory();
    local_.emplace(*isolate_, services, LocalOptions{.max_message = hello.max_message});
    for (const Service& service : services)
      for (const MethodEntry& entry : service.methods())
        methods_.push_back(local_->bind(service.name(), entry.name, entry.kind, *entry.request, *entry.response));
    for (const auto& method : methods_) method->from_afar = true;
    link_ = std::make_shared<Link>(
        std::move(memory),
        [this](std::uint16_t number, std::uint64_t id, Decoder& in) { return serve(number, id, in); },
        [](const Status& how) {
          complain(how.message());
          std::_Exit(3);
        });
    link_->faults = faults;
    // Handlers that run, those that sleep for somebody else, one that reads.
    most_threads_ = static_cast<std::size_t>(hello.concurrency + hello.waiting_limit + 1);
    link_->more_threads = [this] { add_thread(); };
    for (int k = 0; k < 2; ++k) add_thread();
    if (threads_.empty()) throw Error(Errc::resource_exhausted, "no thread could be started");
  }
  ~Worker() {
    link_->stop();
    for (std::thread* thread; (thread = next_thread());) thread->join();
    link_->die(Status(Errc::unavailable, "the caller has gone"));
    isolate_.reset();
    local_.reset();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

 private:
  static IsolateOptions options(const Hello& hello, const std::shared_ptr<Region>& region) {
    return {.name = hello.name,
            .memory_limit = hello.memory_limit,
            .call_limit = hello.call_limit,
            .keep_warm = hello.keep_warm,
            .soft_mark = hello.soft_mark,
            .strategy = hello.low_latency ? MemoryStrategy::low_latency : MemoryStrategy::throughput,
            .huge_pages = hello.huge_pages,
            .slabs = std::make_shared<RegionSlabs>(region),
            .concurrency = static_cast<unsigned>(hello.concurrency) + kOnTheWayOut,
            .waiting_limit = static_cast<unsigned>(hello.waiting_limit),
            .poll = std::chrono::microseconds(0)};  // the link's threads look, and post what they do not run
  }

  void add_thread() {
    std::lock_guard lock(mutex_);
    if (threads_.size() >= most_threads_) return;
    link_->expect_thread();
    try {
      threads_.emplace_back([link = link_, isolate = isolate_->state()] {
        stay_in_arena(
            *isolate, [](void* reader) { static_cast<Link*>(reader)->serve_main(); }, link.get());
      });
    } catch (const std::system_error&) {  // then calls wait for a thread
      link_->forget_thread();
    }
  }
  std::thread* next_thread() {
    std::lock_guard lock(mutex_);
    return joined_ < threads_.size() ? &threads_[joined_++] : nullptr;
  }

  ServedCall* serve(std::uint16_t number, std::uint64_t id, Decoder& in) {
    if (number >= methods_.size()) in.fail("a call of no method that there is");
    const CallFacts facts = decode_call_facts(in);
    BoundMethod& method = *methods_[number];
    return method.entry->remote->serve(link_, id, method, facts, in);
  }

  Engine engine_;
  std::optional<Isolate> isolate_;
  std::optional<Local> local_;
  std::vector<std::shared_ptr<BoundMethod>> methods_;
  std::shared_ptr<Link> link_;
  std::mutex mutex_;  // what follows
  std::deque<std::thread> threads_;
  std::size_t most_threads_ = 2, joined_ = 0;
};

void wait_for_the_end(const File& socket) {
  for (;;) {
    pollfd look{socket.get(), POLLIN, 0};
    if (poll(&look, 1, -1) > 0) return;  // nothing is ever said after the hello: it is the end
  }
}

}  // namespace

bool is_worker() noexcept { return std::getenv("LAGOON_WORKER") != nullptr; }

int worker_main(std::vector<Service> services, FaultPlan* faults) {
  if (!is_worker()) return complain("this program is started by another one, as its worker");
  unsetenv("LAGOON_WORKER");  // not for the programs that it may start
  const File socket(kLinkDescriptor);
  try {
    auto [hello, files] = receive_hello(socket, kHelloTimeout);
    Welcome welcome;
    if (hello.version != kLinkVersion) {
      welcome.refusal = "the worker program speaks version " + std::to_string(kLinkVersion) +
                        " of the link, the caller " + std::to_string(hello.version);
      send_welcome(socket, welcome);
      return complain(welcome.refusal);
    }
    const Status confined =
        confine(static_cast<int>(hello.parent), {.memory = hello.memory_limit + kBesideArrays, .strict = hello.strict});
    if (!confined.ok()) throw Error(confined);
    std::optional<Worker> worker;
    try {
      worker.emplace(hello, files, services, faults);
      if (hello.strict) {
        const Status entered = enter_sandbox();
        if (!entered.ok()) throw Error(entered);
      }
      welcome.methods = offer(services);
    } catch (...) {
      welcome.refusal = "the worker program cannot serve: " + status_of_current_exception().to_string();
    }
    files.clear();
    send_welcome(socket, welcome);
    if (!welcome.refusal.empty()) return complain(welcome.refusal);
    wait_for_the_end(socket);
  } catch (const Error& e) {
    return complain(e.status().to_string());
  }
  return 0;
}

}  // namespace lagoon
