// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/fields.hpp>
#include <lagoon/core/result.hpp>
#include <lagoon/rpc/service.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "region.hpp"

// What a program and its worker tell each other before the first call, over a socket.
namespace lagoon::detail {

inline constexpr std::int64_t kLinkVersion = 5;
inline constexpr std::size_t kRingBytes = 1 << 20;

/// From the program; with it come the files of the two rings and the two memories, its own first.
struct Hello {
  std::int64_t version = kLinkVersion;
  std::string name;
  std::int64_t parent = 0;  ///< process
  std::int64_t cores = 0, concurrency = 0, waiting_limit = 0;
  std::uint64_t memory_limit = 0, call_limit = 0, keep_warm = 0, max_message = 0;
  double soft_mark = 1;
  bool low_latency = false, huge_pages = true, strict = false;
  std::uint64_t own_memory = 0, workers_memory = 0;  ///< bytes of the files
  LAGOON_FIELDS(Hello, version, name, parent, cores, concurrency, waiting_limit, memory_limit, call_limit, keep_warm,
                max_message, soft_mark, low_latency, huge_pages, strict, own_memory, workers_memory)
};

struct OfferedMethod {
  std::string service, method;
  std::int64_t kind = 0;
  std::string request, response;  ///< in words
  std::uint64_t fingerprint = 0;  ///< of all of it
  LAGOON_FIELDS(OfferedMethod, service, method, kind, request, response, fingerprint)
};

/// From the worker.
struct Welcome {
  std::int64_t version = kLinkVersion;
  std::string refusal;  ///< why it cannot serve
  std::vector<OfferedMethod> methods;
  LAGOON_FIELDS(Welcome, version, refusal, methods)
};

OfferedMethod offer(std::string_view service, const MethodEntry& entry);
std::vector<OfferedMethod> offer(const std::vector<Service>& services);
/// Numbers of the wanted methods among the offered.
///   throws  failed_precondition naming the method, and what either side takes it to be
std::vector<std::uint16_t> match(const std::vector<OfferedMethod>& wanted, const std::vector<OfferedMethod>& offered);

/// A pair of ends that keep messages apart.  throws  resource_exhausted
std::pair<File, File> make_socket_pair();
/// One message with open files.  throws  unavailable: the peer is gone
void send_hello(const File& socket, const Hello& hello, const std::vector<const File*>& files);
void send_welcome(const File& socket, const Welcome& welcome);
/// throws  deadline_exceeded, unavailable (the peer is gone), data_loss (it is no such message)
std::pair<Hello, std::vector<File>> receive_hello(const File& socket, std::chrono::nanoseconds most);
Welcome receive_welcome(const File& socket, std::chrono::nanoseconds most);

}  // namespace lagoon::detail
