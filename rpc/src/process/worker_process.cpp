// SPDX-License-Identifier: Apache-2.0
#include "worker_process.hpp"

#include <lagoon/core/error.hpp>
#include <lagoon/engine/clock.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>

#include "handshake.hpp"

namespace lagoon::detail {
namespace {

constexpr auto kPatience = std::chrono::seconds(1);  // with a worker that has been told to end

std::string this_program() {
  std::error_code none;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", none);
  if (none) throw Error(Errc::not_found, "the path of this program cannot be read; name the worker program");
  return path.string();
}

Hello hello_for(const Engine& engine, const WorkerKind& kind, const std::string& name) {
  const IsolateOptions& isolate = kind.isolate;
  Hello hello;
  hello.name = name;
  hello.parent = getpid();
  hello.cores = kind.process.cores ? kind.process.cores : engine.cores();
  hello.concurrency = isolate.concurrency ? isolate.concurrency : hello.cores;
  hello.waiting_limit = isolate.waiting_limit;
  hello.memory_limit = isolate.memory_limit ? isolate.memory_limit : engine.memory().limit();
  hello.call_limit = isolate.call_limit;
  hello.keep_warm = isolate.keep_warm;
  hello.max_message = kind.local.max_message;
  hello.soft_mark = isolate.soft_mark;
  hello.low_latency = isolate.strategy == MemoryStrategy::low_latency;
  hello.huge_pages = isolate.huge_pages;
  hello.strict = kind.process.strict;
  hello.own_memory = kind.arrays.region->size();
  hello.workers_memory = in_whole_pages(hello.memory_limit);
  return hello;
}

}  // namespace

WorkerProcess::WorkerProcess(std::string name, std::function<void()> on_end)
    : name_(std::move(name)), on_end_(std::move(on_end)) {}

std::shared_ptr<WorkerProcess> WorkerProcess::start(Engine& engine, const WorkerKind& kind, const std::string& name,
                                                    std::function<void()> on_end) {
  std::shared_ptr<WorkerProcess> worker(new WorkerProcess(name, std::move(on_end)));
  worker->thread_ = std::thread([self = worker.get(), &engine, &kind] { self->live(engine, kind); });
  while (!worker->started_.load(std::memory_order_acquire)) system_clock().wait(worker->started_, 0, kNever);
  if (worker->not_started_) {
    worker->thread_.join();
    std::rethrow_exception(worker->not_started_);
  }
  return worker;
}

WorkerProcess::~WorkerProcess() { close(); }

void WorkerProcess::live(Engine& engine, const WorkerKind& kind) {
  try {
    open(engine, kind);
  } catch (...) {
    not_started_ = std::current_exception();
    if (child_) {
      // What it died of says more than that it says nothing.
      const auto end = child_->wait(std::chrono::milliseconds(child_->stopped() ? 0 : 50));
      try {
        throw;
      } catch (const Error& e) {
        if (e.code() == Errc::unavailable && end)
          not_started_ = std::make_exception_ptr(
              Error(Errc::unavailable, name_ + ": the worker program " + end->to_string() + " before it served"));
      } catch (...) {
      }
      child_->kill();
      child_->wait(kPatience * 60);
    }
    ended_.store(true);
    started_.store(1, std::memory_order_release);
    futex_wake(started_);
    return;
  }
  started_.store(1, std::memory_order_release);
  futex_wake(started_);
  watch();
}

void WorkerProcess::open(Engine& engine, const WorkerKind& kind) {
  const Hello hello = hello_for(engine, kind, name_);
  auto [socket, workers_end] = make_socket_pair();
  socket_ = std::move(socket);
  wake_ = File(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) throw Error(Errc::resource_exhausted, "no event descriptor");

  const std::size_t ring = kRingPage + kRingBytes;
  LinkMemory memory;
  File own_ring = make_shared_file("lagoon-calls", ring);
  memory.own_ring = Mapping(own_ring, ring, true);
  seal_for_readers(own_ring);
  File peers_ring = make_shared_file("lagoon-answers", ring);
  memory.peers_ring = Mapping(peers_ring, ring, false);
  its_arrays_ = make_shared_file("lagoon-worker", hello.workers_memory);
  memory.peers = Mapping(its_arrays_, hello.workers_memory, false);
  memory.peers_writable = Mapping(its_arrays_, hello.workers_memory, true);
  memory.own = kind.arrays.region;
  memory.rooms = kind.arrays.memory;
  memory.peer_may_write = !kind.process.strict;

  fault_point(engine.faults(), "process.spawn");
  Child::Program program{kind.process.program.empty() ? this_program() : kind.process.program, kind.process.arguments,
                         kind.process.environment};
  program.environment.emplace_back("LAGOON_WORKER=1");
  auto started = Child::start(program, workers_end);
  if (!started.ok()) throw Error(started.status());
  child_ = std::move(*started);
  pid_ = child_->pid();
  workers_end = File();

  const File to_read = open_for_readers(kind.arrays.region->file());
  const File& arrays = kind.process.strict ? to_read : kind.arrays.region->file();
  send_hello(socket_, hello, {&own_ring, &peers_ring, &arrays, &its_arrays_});
  Welcome welcome;
  try {
    welcome = receive_welcome(socket_, kind.process.start_timeout);
  } catch (const Error& e) {
    if (e.code() != Errc::deadline_exceeded) throw;
    throw Error(
        Errc::deadline_exceeded,
        name_ + ": the worker program " + program.path + " has said nothing for " +
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(kind.process.start_timeout).count()) +
            " ms; does its main end in lagoon::worker_main?");
  }
  if (!welcome.refusal.empty()) throw Error(Errc::failed_precondition, name_ + ": " + welcome.refusal);
  numbers_ = match(offer(kind.services), welcome.methods);
  link_ = std::make_shared<Link>(std::move(memory), nullptr, [this](const Status& how) { kill(how.message()); });
  link_->expect_thread();
  reader_ = std::thread([link = link_] { link->serve_main(); });
}

void WorkerProcess::watch() {
  for (;;) {
    pollfd looks[] = {{socket_.get(), 0, 0}, {child_->descriptor(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (poll(looks, 3, finishing_ ? 50 : -1) < 0) continue;
    if (looks[1].revents || looks[0].revents) return bury(std::chrono::milliseconds(100));
    std::uint64_t woken = 0;
    if (looks[2].revents && read(wake_.get(), &woken, sizeof woken) < 0) continue;
    if (closing_) break;
    if (!finishing_) continue;
    if (child_->stopped()) kill("it was stopped, and is to end");
    if (link_->is_overdue(kPatience)) kill("a handler runs on though it was told to stop, and its worker is to end");
  }
  shutdown(socket_.get(), SHUT_RDWR);  // all calls have ended: it may go
  bury(kPatience);
}

void WorkerProcess::bury(std::chrono::nanoseconds patience) {
  auto end = child_->wait(patience);
  if (!end) {
    child_->kill();
    end = child_->wait(std::chrono::hours(1));
  }
  const Status how = how_it_ended(*end);
  {
    std::lock_guard lock(mutex_);
    end_ = how;
  }
  ended_.store(true, std::memory_order_release);
  link_->die(how);
  link_->stop();
  reader_.join();
  if (on_end_) on_end_();
}

Status WorkerProcess::how_it_ended(const ChildEnd& end) const {
  std::lock_guard lock(mutex_);
  std::string text = "the worker process " + name_ + " (" + std::to_string(pid_.load()) + ") " + end.to_string();
  if (!killed_for_.empty()) text += ": " + killed_for_;
  return Status(Errc::unavailable, text)
      .with_isolate(name_)
      .with_detail(end.killed ? "signal" : "exit", std::to_string(end.code))
      .with_retry_after(std::chrono::milliseconds(1));
}

Status WorkerProcess::end() const {
  std::lock_guard lock(mutex_);
  return end_;
}

std::chrono::nanoseconds WorkerProcess::cpu() const noexcept {
  clockid_t clock{};
  timespec used{};
  if (is_alive() && clock_getcpuclockid(pid_, &clock) == 0 && clock_gettime(clock, &used) == 0)
    cpu_.store(used.tv_sec * std::int64_t{1'000'000'000} + used.tv_nsec, std::memory_order_relaxed);
  return std::chrono::nanoseconds(cpu_.load(std::memory_order_relaxed));
}

std::size_t WorkerProcess::arrays_held() const noexcept {
  struct stat status {};
  constexpr std::size_t kBlock = 512;
  return fstat(its_arrays_.get(), &status) == 0 ? static_cast<std::size_t>(status.st_blocks) * kBlock : 0;
}

void WorkerProcess::kill(const std::string& why) {
  {
    std::lock_guard lock(mutex_);
    if (killed_for_.empty()) killed_for_ = why;
  }
  child_->kill();
}

void WorkerProcess::wake() noexcept {
  const std::uint64_t one = 1;
  if (write(wake_.get(), &one, sizeof one) < 0) child_->kill();
}

void WorkerProcess::finish() noexcept {
  finishing_.store(true);
  if (is_alive()) wake();
}

void WorkerProcess::close() {
  if (!thread_.joinable()) return;
  closing_.store(true);
  wake();
  thread_.join();
}

std::vector<Service> WorkerProcess::stubs(const WorkerKind& kind) const {
  std::vector<Service> all;
  std::size_t next = 0;
  for (const Service& service : kind.services) {
    auto state = std::make_shared<ServiceState>();
    state->name = service.name();
    for (const MethodEntry& entry : service.methods()) {
      if (!entry.remote)
        throw Error(Errc::invalid_argument, std::string(service.name()) + "." + std::string(entry.name) +
                                                ": a message without LAGOON_FIELDS cannot be sent to another process");
      MethodEntry stub = entry;
      stub.run = entry.remote->forward;
      stub.forwards = true;
      auto method = std::make_shared<FarMethod>(FarMethod{link_, numbers_[next++]});
      stub.make_handler = [method]() -> std::shared_ptr<void> { return method; };
      state->methods.push_back(std::move(stub));
    }
    all.emplace_back(std::move(state));
  }
  return all;
}

}  // namespace lagoon::detail
