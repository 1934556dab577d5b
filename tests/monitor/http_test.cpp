// SPDX-License-Identifier: Apache-2.0
// The server through plain sockets: what it answers, to whom, and what it takes.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lagoon/core/error.hpp>
#include <lagoon/monitor/http.hpp>
#include <lagoon/monitor/json.hpp>

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "pools.hpp"
#include "prometheus_text.hpp"

namespace lagoon::test {
namespace {

int connect_to(const char* address, int port) {
  const int end = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address, &to.sin_addr);
  if (::connect(end, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return end;
  ::close(end);
  return -1;
}

/// All that comes back until the server closes.
std::string answer_to(int port, const std::string& request, bool then_nothing = false) {
  const int end = connect_to("127.0.0.1", port);
  if (end < 0) return "no connection";
  (void)!::send(end, request.data(), request.size(), MSG_NOSIGNAL);
  if (then_nothing) ::shutdown(end, SHUT_WR);
  std::string all;
  char bytes[4096];
  for (ssize_t n; (n = ::recv(end, bytes, sizeof bytes, 0)) > 0;) all.append(bytes, static_cast<std::size_t>(n));
  ::close(end);
  return all;
}

std::string get(int port, const std::string& path, const std::string& host = "127.0.0.1") {
  return answer_to(port, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

class MetricsServers : public testing::Test {
 protected:
  MetricsServer server_{[] {
    PoolReport p = pool_at(2s);
    p.methods = {method("sum", 10, 2000)};
    return std::vector{p};
  }};
};

TEST_F(MetricsServers, AnswerPrometheus) {
  const std::string answer = get(server_.port(), "/metrics");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << answer;
  const Exposition e(body_of(answer));
  EXPECT_EQ(e.at("lagoon_pool_age_seconds", {{"pool", "crew"}}), 2);
}

TEST_F(MetricsServers, GiveTheReportAsJson) {
  const Value v = json::parse_json(body_of(get(server_.port(), "/report.json", "localhost:1")), "report");
  EXPECT_EQ(std::get<std::string>(v.find("schema")->data), "lagoon.pools");
  const auto& pools = std::get<Value::List>(v.find("pools")->data);
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(std::get<std::int64_t>(pools[0].find("calls")->data), 10);
}

TEST_F(MetricsServers, SurviveJunk) {
  const std::string junk[] = {
      "",
      "\r\n\r\n",
      "GET",
      "GET /metrics",
      "\0\xFF\xFE garbage \n\n",
      "GET /metrics HTTP/9.9\r\n\r\n",
      "POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello",
      "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + std::string(100'000, 'y') + "\r\n\r\n",
      "GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      "DELETE /report.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"};
  for (const std::string& request : junk) {
    const std::string answer = answer_to(server_.port(), request, true);
    EXPECT_FALSE(answer.starts_with("HTTP/1.1 2")) << request.substr(0, 80) << "\n" << answer.substr(0, 80);
  }
  EXPECT_TRUE(get(server_.port(), "/metrics").starts_with("HTTP/1.1 200"));
}

TEST_F(MetricsServers, AnswerNoOtherName) {
  EXPECT_TRUE(get(server_.port(), "/metrics", "evil.example").starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(get(server_.port(), "/metrics", "").starts_with("HTTP/1.1 403"));
}

TEST_F(MetricsServers, ListenOnLoopbackOnly) {
  std::ifstream table("/proc/net/tcp");
  char wanted[32];
  std::snprintf(wanted, sizeof wanted, ":%04X", server_.port());
  int listeners = 0;
  for (std::string slot, local, remote, state, rest; table >> slot >> local >> remote >> state;) {
    std::getline(table, rest);
    if (!local.ends_with(wanted) || state != "0A") continue;  // LISTEN
    ++listeners;
    EXPECT_EQ(local.substr(0, 8), "0100007F") << "127.0.0.1";
  }
  EXPECT_EQ(listeners, 1);
  EXPECT_LT(connect_to("127.0.0.2", server_.port()), 0);
}

TEST_F(MetricsServers, SayThatAPortIsTaken) {
  try {
    MetricsServer second([] { return std::vector<PoolReport>(); }, server_.port());
    FAIL() << "two servers at one port";
  } catch (const Error& e) {
    EXPECT_EQ(e.status().code(), Errc::unavailable);
  }
}

TEST_F(MetricsServers, AnswerBesideAPeerThatSaysNothing) {
  const int silent = connect_to("127.0.0.1", server_.port());
  EXPECT_TRUE(get(server_.port(), "/metrics").starts_with("HTTP/1.1 200"));
  ::close(silent);
}

/// Sends a byte now and then, for as long as it is let, so that no single read is late.
class Trickler {
 public:
  explicit Trickler(int port) : end_(connect_to("127.0.0.1", port)) {
    send("GET /metrics HTTP/1.1\r\nX: ");
    thread_ = std::thread([this] {
      while (!over_.load() && send("y")) std::this_thread::sleep_for(100ms);  // the peer's pace, not a wait
    });
  }
  ~Trickler() {
    over_.store(true);
    thread_.join();
    ::close(end_);
  }
  Trickler(const Trickler&) = delete;
  Trickler& operator=(const Trickler&) = delete;

 private:
  bool send(std::string_view text) const { return ::send(end_, text.data(), text.size(), MSG_NOSIGNAL) >= 0; }

  const int end_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

TEST_F(MetricsServers, CutPeersOffThatTrickle) {
  const Trickler one(server_.port()), two(server_.port());  // as many as there are threads
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(get(server_.port(), "/metrics").starts_with("HTTP/1.1 200"));  // hangs here if they may go on
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s) << "two seconds are given";
}

TEST_F(MetricsServers, KeepNoMoreOfARequestThanARequestNeeds) {
  const int end = connect_to("127.0.0.1", server_.port());
  const std::string much(1 << 20, 'y');  // with no end of a line
  std::size_t taken = 0;
  for (ssize_t n; taken < (256u << 20) && (n = ::send(end, much.data(), much.size(), MSG_NOSIGNAL)) > 0;)
    taken += static_cast<std::size_t>(n);
  ::close(end);
  EXPECT_LT(taken, 64u << 20) << "16 KiB are read; the rest is what the system's buffers hold";
  EXPECT_TRUE(get(server_.port(), "/metrics").starts_with("HTTP/1.1 200"));
}

TEST(MetricsServersAtTheirEnd, WaitForNoPeer) {
  std::vector<std::unique_ptr<Trickler>> peers;
  std::chrono::steady_clock::time_point begin;
  {
    MetricsServer server([] { return std::vector<PoolReport>(); });
    for (int k = 0; k < 10; ++k) peers.push_back(std::make_unique<Trickler>(server.port()));
    begin = std::chrono::steady_clock::now();
  }
  // Two at a time for two seconds each would be ten.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(MetricsServersAtTheirEnd, LetGoOfThePort) {
  int port = 0;
  {
    MetricsServer server([] { return std::vector<PoolReport>(); });
    port = server.port();
  }
  EXPECT_LT(connect_to("127.0.0.1", port), 0);
}

}  // namespace
}  // namespace lagoon::test
