// SPDX-License-Identifier: Apache-2.0
// ZeroMQ between two processes over ipc: 8 bytes there and back (REQ, REP), or with "stream" one way (PUSH, PULL).
#include <zmq.h>

#include <csignal>

#include <cstring>
#include <string>

#include "rivals/processes/two_processes.hpp"

namespace {

using namespace lagoon::bench::processes;

constexpr std::uint64_t kItems = 1'000'000;
constexpr int kBatches = 200, kBatch = 20, kWarm = 200;

struct Socket {
  Socket(int type, const std::string& address, bool binds) : context(zmq_ctx_new()), socket(zmq_socket(context, type)) {
    const int at_once = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &at_once, sizeof at_once);
    if ((binds ? zmq_bind : zmq_connect)(socket, address.c_str()) != 0) std::exit(1);
  }
  ~Socket() {
    zmq_close(socket);
    zmq_ctx_term(context);
  }
  void* context;
  void* socket;
};

void calls(const std::string& address) {
  const pid_t other = other_side([&] {
    Socket socket(ZMQ_REP, address, true);
    std::uint64_t word = 0;
    for (int k = 0; k < kWarm + kBatches * kBatch; ++k) {
      if (zmq_recv(socket.socket, &word, sizeof word, 0) < 0) return;
      zmq_send(socket.socket, &word, sizeof word, 0);
    }
    zmq_recv(socket.socket, &word, sizeof word, 0);  // the last answer has left by then
  });
  bind_to(0);
  Socket socket(ZMQ_REQ, address, false);
  std::uint64_t word = 0;
  const auto call = [&] {
    zmq_send(socket.socket, &word, sizeof word, 0);
    zmq_recv(socket.socket, &word, sizeof word, 0);
  };
  for (int k = 0; k < kWarm; ++k) call();
  tell(seconds_per_call(kBatches, kBatch, call));
  zmq_send(socket.socket, &word, sizeof word, 0);
  waitpid(other, nullptr, 0);
}

void stream(const std::string& address) {
  const pid_t other = other_side([&] {
    Socket socket(ZMQ_PUSH, address, true);
    for (std::uint64_t k = 0; k < kItems; ++k) zmq_send(socket.socket, &k, sizeof k, 0);
    pause();  // until the reader has had all
  });
  bind_to(0);
  Socket socket(ZMQ_PULL, address, false);
  std::uint64_t item = 0;
  zmq_recv(socket.socket, &item, sizeof item, 0);
  const double begin = now();
  for (std::uint64_t k = 1; k < kItems; ++k) zmq_recv(socket.socket, &item, sizeof item, 0);
  tell(static_cast<double>(kItems - 1) / (now() - begin));
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string address = "ipc://./zeromq";
  count > 1 && std::strcmp(arguments[1], "stream") == 0 ? stream(address) : calls(address);
}
