// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <lagoon/core/memory.hpp>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>
#include <vector>

namespace lagoon {

namespace detail {
/// Runs body(context, k) for k in [0, count) on the arena of this thread.
void run_chunks(std::ptrdiff_t count, void (*body)(void*, std::ptrdiff_t), void* context, bool parallel);
}  // namespace detail

/// How much of [0, n) is one task, and whether other cores may help.
struct Grain {
  std::ptrdiff_t elements = 1;  ///< per task; 10 us of work or more loses nothing to scheduling (measured)
  bool parallel = true;
};

/// Calls body(begin, end) for consecutive parts of [0, n), in any order, on the cores of this thread's isolate.
///   throws   what a body threw (that of the lowest part when several did); cancelled or deadline_exceeded when the
///            call on this thread is to end, polled before each part
///   Memory and deadline of the call reach every part. Waiting here never runs other calls' work on this stack.
template <class F>
  requires std::is_invocable_v<F&, std::ptrdiff_t, std::ptrdiff_t>
void parallel_for(std::ptrdiff_t n, Grain grain, F&& body) {
  struct Context {
    std::remove_reference_t<F>* body;
    std::ptrdiff_t n, grain;
  } context{&body, n, std::max<std::ptrdiff_t>(grain.elements, 1)};
  detail::run_chunks((n + context.grain - 1) / context.grain,
                     [](void* p, std::ptrdiff_t k) {
                       auto& c = *static_cast<Context*>(p);
                       (*c.body)(k* c.grain, std::min(c.n, (k + 1) * c.grain));
                     },
                     &context, grain.parallel);
}

/// combine(...) of map(begin, end) over consecutive parts of [0, n), in a tree whose shape depends on n and grain
/// alone: the same bits for any number of cores.
///   returns  T{} when n is 0
///   cost     one T per part
template <class T, class Map, class Combine>
T parallel_reduce(std::ptrdiff_t n, Grain grain, Map&& map, Combine&& combine) {
  if (n <= 0) return T{};
  const std::ptrdiff_t step = std::max<std::ptrdiff_t>(grain.elements, 1);
  const std::ptrdiff_t parts = (n + step - 1) / step;
  if (parts == 1) {
    T only{};
    parallel_for(n, {n, false}, [&](std::ptrdiff_t b, std::ptrdiff_t e) { only = map(b, e); });
    return only;
  }
  const MemoryHandle memory = current_memory();
  std::pmr::vector<T> partial(static_cast<std::size_t>(parts), memory.get());
  parallel_for(n, grain,
               [&](std::ptrdiff_t b, std::ptrdiff_t e) { partial[static_cast<std::size_t>(b / step)] = map(b, e); });
  for (std::size_t width = 1; width < partial.size(); width *= 2)
    for (std::size_t i = 0; i + width < partial.size(); i += 2 * width)
      partial[i] = combine(std::move(partial[i]), std::move(partial[i + width]));
  return std::move(partial[0]);
}

}  // namespace lagoon
