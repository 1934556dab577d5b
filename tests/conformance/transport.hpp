// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lagoon::conformance {

struct WorldOptions {
  unsigned concurrency = 4;
  std::size_t queue_limit = 1024;
  std::size_t max_message = kUnlimited;
};

/// An endpoint with all that stands behind it, and what calls through it must say.
class World {
 public:
  virtual ~World() = default;
  virtual Endpoint& endpoint() = 0;
  virtual std::string isolate_name() const = 0;
  /// Who says that there is no room for one call more.
  virtual std::string queue_name() const { return isolate_name(); }
  /// Every call of the suite starts from these.
  virtual CallOptions defaults() const { return {}; }
};

/// A way to reach a service. The suite runs over each.
struct Transport {
  std::string name;
  std::unique_ptr<World> (*make)(std::vector<Service>, const WorldOptions&);
};

/// To add a transport, add its line to transports.cpp.
std::span<const Transport> transports();

}  // namespace lagoon::conformance
