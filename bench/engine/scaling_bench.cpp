// SPDX-License-Identifier: Apache-2.0
// The machine's cores for one busy isolate, and for several that share the work: 100 chunks of 1 ms each.
#include <lagoon/engine/parallel.hpp>

#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kChunks = 100;
constexpr double kChunk = 1e-3;

struct Share {
  std::uint64_t first = 0, stride = 1;  // chunks first, first + stride, ... of all
  LAGOON_FIELDS(Share, first, stride)
};
using Work = Unary<"work", Share, Number>;
using Labour = Contract<"bench.Labour", Work>;

Service labour() {
  return serve<Labour>(on<Work>([steps = steps_for(kChunk)](const Share& share) {
    const auto chunks = static_cast<std::ptrdiff_t>((kChunks - share.first + share.stride - 1) / share.stride);
    parallel_for(chunks, {}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) benchmark::DoNotOptimize(compute(static_cast<double>(i), steps));
    });
    return Number{static_cast<std::uint64_t>(chunks)};
  }));
}

struct Labourer {
  explicit Labourer(Engine& engine, std::size_t number)
      : isolate(engine, {.name = "labourer " + std::to_string(number)}), local(isolate, {labour()}), caller(local) {}
  Isolate isolate;
  Local local;
  Caller<Labour> caller;
};

Side isolates(std::size_t count) {
  auto engine = std::make_shared<Engine>();
  std::vector<std::shared_ptr<Labourer>> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_shared<Labourer>(*engine, i));
  return {"calls to isolates", rate_of(static_cast<double>(kChunks), [engine, all] {
            std::vector<Reply<Work>> replies;
            for (std::size_t i = 0; i < all.size(); ++i) replies.push_back(all[i]->caller.start<Work>({i, all.size()}));
            std::uint64_t done = 0;
            for (Reply<Work>& reply : replies) done += reply.get().value;
            if (done != kChunks) throw std::runtime_error("chunks were lost");
          })};
}

}  // namespace

void add_scaling_rows(Rows& rows) {
  for (std::size_t count : {1, 2, 4, 8}) {
    rows.push_back({"engine.scaling.100x1ms." + std::to_string(count) + "_isolates",
                    {"chunks/s", 1},
                    Better::higher,
                    0.95,
                    [count] {
                      return Pair{isolates(count), rivals::two_threads(kChunks, kChunk)};
                    },
                    Judge::ratio,
                    0.2});
  }
}

}  // namespace lagoon::bench
