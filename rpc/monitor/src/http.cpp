// SPDX-License-Identifier: Apache-2.0
// The one source that includes cpp-httplib, a library of its own: who does not serve does not link it.
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>
#include <lagoon/monitor/http.hpp>
#include <lagoon/monitor/interval.hpp>
#include <lagoon/monitor/json.hpp>
#include <lagoon/monitor/prometheus.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace lagoon {
namespace {

constexpr std::size_t kThreads = 2, kWaiting = 8;
constexpr std::size_t kLongestHead = 16384;   // of a request, to the empty line
constexpr std::chrono::seconds kPatience{2};  // in which it comes, and again in which the answer is taken

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

/// A connection with an end: all of it within a time, and no more than so many bytes.
class Connection {
 public:
  using Time = std::chrono::steady_clock;
  explicit Connection(socket_t end) : end_(end) {}

  /// Up to the empty line, or to where the peer says no more; "" and a status when that is late or too long.
  std::string read_head(const char*& refusal) const {
    const auto deadline = Time::now() + kPatience;
    std::string head;
    char bytes[4096];
    while (wait(POLLIN, deadline)) {
      const ssize_t n = ::recv(end_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) return head;
      // The end may have begun in what came before.
      const std::size_t from = head.size() < 3 ? 0 : head.size() - 3;
      head.append(bytes, static_cast<std::size_t>(n));
      const auto empty_line = head.find("\r\n\r\n", from);
      if (std::min(empty_line, head.size()) > kLongestHead) {
        refusal = "431 Request Header Fields Too Large";
        return {};
      }
      if (empty_line != std::string::npos) return head;
    }
    refusal = "408 Request Timeout";
    return {};
  }
  void write(std::string_view text) const {
    const auto deadline = Time::now() + kPatience;
    while (!text.empty() && wait(POLLOUT, deadline)) {
      const ssize_t n = ::send(end_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return;
      if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

 private:
  bool wait(short event, Time::time_point deadline) const {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Time::now()).count();
      if (left <= 0) return false;
      pollfd one{end_, event, 0};
      const int ready = ::poll(&one, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready == 0 || errno != EINTR) return false;
    }
  }

  const socket_t end_;
};

/// A request that is here already, and its answer: httplib never waits for the peer.
class Exchange final : public httplib::Stream {
 public:
  explicit Exchange(std::string request) : request_(std::move(request)) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t n = request_.copy(to, size, read_);
    read_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, std::size_t size) override {
    answer_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return -1; }
  const std::string& answer() const noexcept { return answer_; }

 private:
  const std::string request_;
  std::string answer_;
  std::size_t read_ = 0;
};

/// httplib gives each read two seconds: a peer that sends a byte a second held a thread for ever, and the line that it
/// never ended was kept whole. Here a peer has two seconds for all, and none when the server ends.
class BoundedServer final : public httplib::Server {
 public:
  /// Answers nobody any more, and lets go of those who are here.
  void end() {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
      for (socket_t s : here_) ::shutdown(s, SHUT_RDWR);
    }
    stop();
  }

 private:
  bool process_and_close_socket(socket_t end) override {
    if (enter(end)) {
      try {
        talk(end);
      } catch (const std::bad_alloc&) {
        // The peer sees the end of the connection.
      }
      std::lock_guard lock(mutex_);
      std::erase(here_, end);  // before its number can be another's
    }
    ::shutdown(end, SHUT_RDWR);
    ::close(end);
    return true;
  }
  bool enter(socket_t end) {
    std::lock_guard lock(mutex_);
    if (!over_) here_.push_back(end);
    return !over_;
  }
  void talk(socket_t end) {
    const Connection peer(end);
    const char* refusal = nullptr;
    Exchange exchange(peer.read_head(refusal));
    if (refusal)
      return peer.write("HTTP/1.1 " + std::string(refusal) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    bool closed = false;
    process_request(exchange, true, closed, nullptr);
    peer.write(exchange.answer());
  }

  std::mutex mutex_;
  bool over_ = false;
  std::vector<socket_t> here_;
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
  BoundedServer server;
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
  state_->server.end();
  state_->thread.join();
}

int MetricsServer::port() const noexcept { return state_->port; }

}  // namespace lagoon
