// SPDX-License-Identifier: Apache-2.0
// A server stream of 8-byte items with its flow control, read one at a time.
#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kItems = 1'000'000;
constexpr std::size_t kWindow = 1024;  // items in flight: the default of a call, and the rivals' capacity

Side stream() {
  auto e = std::make_shared<BoundEcho>();
  return {"server stream", rate_of(static_cast<double>(kItems), [e] {
            auto reply = e->caller.start<Count>({kItems}, {.window_items = kWindow});
            std::uint64_t sum = 0;
            for (std::optional<Number> item; reply.read_into(item);) sum += item->value;
            if (sum != kItems * (kItems - 1) / 2) throw std::runtime_error("the stream lost items");
          })};
}

}  // namespace

void add_stream_rows(Rows& rows) {
  rows.push_back({"rpc.stream.local", kMillionItems, Better::higher, 0.5,
                  [] {
                    return Pair{stream(), rivals::spsc_queue(kItems, kWindow)};
                  },
                  Judge::ratio, 0.2});
  rows.push_back({"rpc.stream.local.tbb_bounded_queue", kMillionItems, Better::higher, 5,
                  [] {
                    return Pair{stream(), rivals::bounded_queue(kItems / 4, kWindow)};
                  },
                  Judge::ratio, 0.2});
}

}  // namespace lagoon::bench
