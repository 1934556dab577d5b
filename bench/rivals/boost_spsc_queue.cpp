// SPDX-License-Identifier: Apache-2.0
// The floor of a stream: boost::lockfree::spsc_queue, one item at a time, bounded like a stream's window.
#include "rivals/rivals.hpp"

#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/spsc_queue.hpp>

#include <memory>

#include "rivals/producer.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {

Side spsc_queue(std::size_t items, std::size_t capacity) {
  using Queue = boost::lockfree::spsc_queue<std::uint64_t>;
  auto queue = std::make_shared<Queue>(capacity);
  auto produce = [queue, items] {
    for (std::uint64_t i = 0; i < items; ++i)
      for (Backoff backoff; !queue->push(i);) backoff.wait();
  };
  auto producer = std::make_shared<Producer<decltype(produce)>>(produce);
  return {"boost::lockfree::spsc_queue, one at a time", rate_of(static_cast<double>(items), [queue, producer, items] {
            producer->start();
            std::uint64_t sum = 0, x = 0;
            for (std::size_t i = 0; i < items; ++i) {
              for (Backoff backoff; !queue->pop(x);) backoff.wait();
              sum += x;
            }
            benchmark::DoNotOptimize(sum);
          })};
}

}  // namespace lagoon::bench::rivals
#else
namespace lagoon::bench::rivals {
Side spsc_queue(std::size_t, std::size_t) {
  return absent("boost::lockfree::spsc_queue", "built without Boost (libboost-dev)");
}
}  // namespace lagoon::bench::rivals
#endif
