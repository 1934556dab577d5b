// SPDX-License-Identifier: Apache-2.0
// Memory of an isolate: a big array taken again, a small one charged.
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/isolate.hpp>

#include "rivals/rivals.hpp"
#include "runner/small_blocks.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kBig = std::size_t{1} << 30;

struct Ground {
  Engine engine;
  Isolate isolate{engine, {.name = "memory"}};
};

Side take_and_touch() {
  auto g = std::make_shared<Ground>();
  return {"Tensor of 1 GiB, each page touched", time_of(1, [g] {
            g->isolate.run([] {
              Tensor<double, 1> big({static_cast<std::ptrdiff_t>(kBig / sizeof(double))});
              for (std::ptrdiff_t i = 0; i < big.size(); i += 4096 / sizeof(double)) big[i] = 1;
              benchmark::DoNotOptimize(big.data());
              benchmark::ClobberMemory();
            });
          })};
}

Side charged_blocks(std::size_t alignment) {
  auto g = std::make_shared<Ground>();
  auto memory = g->isolate.memory();
  return {
      "the isolate's memory",
      small_blocks(
          alignment,
          [g, memory](std::size_t bytes, std::size_t alignment) { return memory->allocate(bytes, alignment); },
          [memory](void* p, std::size_t bytes, std::size_t alignment) { memory->deallocate(p, bytes, alignment); })};
}

}  // namespace

void add_memory_rows(Rows& rows) {
  rows.push_back({"engine.memory.reuse_1GiB", kMicroseconds, Better::lower, 1.2, [] {
                    return Pair{take_and_touch(), rivals::retouch(kBig)};
                  }});
  rows.push_back({"engine.accounting.new_delete", kNanoseconds, Better::lower, 1.1, [] {
                    return Pair{charged_blocks(16), rivals::pmr_new_delete(16)};
                  }});
  rows.push_back({"engine.accounting.over_plain_new", kNanoseconds, Better::lower, {}, [] {
                    return Pair{charged_blocks(16), rivals::new_delete(16)};
                  }});
  rows.push_back({"engine.accounting.small_arrays", kNanoseconds, Better::lower, {}, [] {
                    return Pair{charged_blocks(64), rivals::new_delete(64)};
                  }});
}

}  // namespace lagoon::bench
