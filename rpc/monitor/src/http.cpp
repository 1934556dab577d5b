// SPDX-License-Identifier: Apache-2.0
// The one source that includes cpp-httplib, a library of its own: who does not serve does not link it.
#include <httplib.h>
#include <lagoon/core/error.hpp>
#include <lagoon/monitor/http.hpp>
#include <lagoon/monitor/interval.hpp>
#include <lagoon/monitor/json.hpp>
#include <lagoon/monitor/prometheus.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace lagoon {
namespace {

constexpr std::size_t kThreads = 2, kWaiting = 8;

/// Threads for connections. httplib's own queue has no end: whoever connects often enough takes all descriptors of the
/// process. Here the listener waits when eight do, and the system turns the rest away.
class Crew final : public httplib::TaskQueue {
 public:
  Crew() {
    for (std::size_t k = 0; k < kThreads; ++k) threads_.emplace_back([this] { work(); });
  }
  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return tasks_.size() < kWaiting; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  void shutdown() override {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (auto& t : threads_) t.join();
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return over_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      changed_.notify_all();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

/// A page of another site that gives its own name this address would ask for that name.
bool asks_for_this_machine(const std::string& host) {
  const std::string name = host.substr(0, host.rfind(':'));
  return name == "127.0.0.1" || name == "localhost";
}

struct PoolsReport {
  std::vector<PoolInterval> pools;
  LAGOON_FIELDS(PoolsReport, pools)
};

}  // namespace

struct MetricsServer::State {
  std::function<std::vector<PoolReport>()> look;
  std::mutex one_at_a_time;
  httplib::Server server;
  int port = 0;
  std::thread thread;

  std::vector<PoolReport> look_now() {
    std::lock_guard lock(one_at_a_time);
    return look();
  }
};

MetricsServer::MetricsServer(std::function<std::vector<PoolReport>()> look, int port)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.look = std::move(look);
  s.server.new_task_queue = [] { return new Crew; };  // httplib deletes it
  s.server.set_keep_alive_max_count(1);
  s.server.set_keep_alive_timeout(2);
  s.server.set_read_timeout(2);
  s.server.set_write_timeout(2);
  s.server.set_payload_max_length(0);
  // httplib would set SO_REUSEPORT, by which another process could take part in the port.
  s.server.set_socket_options([](socket_t end) {
    const int yes = 1;
    ::setsockopt(end, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  s.server.set_pre_routing_handler([](const httplib::Request& q, httplib::Response& a) {
    if (asks_for_this_machine(q.get_header_value("Host"))) return httplib::Server::HandlerResponse::Unhandled;
    a.status = 403;
    return httplib::Server::HandlerResponse::Handled;
  });
  s.server.Get("/metrics", [&s](const httplib::Request&, httplib::Response& a) {
    const auto pools = s.look_now();
    a.set_content(prometheus_text(pools), "text/plain; version=0.0.4; charset=utf-8");
  });
  s.server.Get("/report.json", [&s](const httplib::Request&, httplib::Response& a) {
    PoolsReport all;
    for (const PoolReport& p : s.look_now()) all.pools.push_back(since_start(p));
    a.set_content(json::pretty(json::document_of("pools", all)) + "\n", "application/json");
  });
  s.port = port == 0 ? s.server.bind_to_any_port("127.0.0.1") : s.server.bind_to_port("127.0.0.1", port) ? port : -1;
  if (s.port <= 0)
    throw Error(Errc::unavailable, "MetricsServer: port " + std::to_string(port) + " of 127.0.0.1 cannot be had");
  try {
    s.thread = std::thread([&s] { s.server.listen_after_bind(); });
  } catch (const std::system_error& e) {
    throw Error(Errc::resource_exhausted, std::string("MetricsServer: no thread: ") + e.what());
  }
  while (!s.server.is_running()) std::this_thread::yield();  // stop() does nothing before it runs
}

MetricsServer::MetricsServer(const Pool& pool, int port)
    : MetricsServer([&pool] { return std::vector{pool.overview()}; }, port) {}

MetricsServer::~MetricsServer() {
  state_->server.stop();
  state_->thread.join();
}

int MetricsServer::port() const noexcept { return state_->port; }

}  // namespace lagoon
