// SPDX-License-Identifier: Apache-2.0
// Whichever allocation of a call fails, whoever makes it: the call ends once, with a status or an exception that says
// so, what it had is given back, and the next call is answered.
#include "all_help.hpp"
#include "lab.hpp"
#include "pages.hpp"

namespace {

constinit std::atomic<std::int64_t> g_until_failure{-1};  // below zero: never

bool fails_now() noexcept {
  if (g_until_failure.load(std::memory_order_relaxed) < 0) return false;
  return g_until_failure.fetch_sub(1) == 0;
}

}  // namespace

// What the linker makes of malloc in this program's own objects: operator new, and slabs' small blocks.
extern "C" {
void* __real_malloc(std::size_t);
void* __real_aligned_alloc(std::size_t, std::size_t);
void* __wrap_malloc(std::size_t n) { return fails_now() ? nullptr : __real_malloc(n); }
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t n) {
  return fails_now() ? nullptr : __real_aligned_alloc(alignment, n);
}
}

namespace lagoon::test {
namespace {

/// One allocation, of any thread, fails; false: there were not so many.
template <class F>
bool with_failing_allocation(std::int64_t which, F f) {
  g_until_failure = which;
  f();
  return g_until_failure.exchange(-1) < 0;
}

class HeapFailures : public testing::TestWithParam<int> {};

TEST_P(HeapFailures, EndTheCallAndNothingElse) {
  Engine engine;
  Lab lab(engine, {.name = "lab", .memory_limit = 16 << 20}, takers([](std::int64_t pages) {
            std::vector<std::string> lines;
            for (int k = 0; k < 4; ++k) lines.emplace_back(100, 'z');
            (void)filled(pages * 4096 / 8);
            (void)filled(8);
          }));
  // Not a failure in oneTBB (2021.8), which starts its workers once, and has them no more where that fails.
  ASSERT_TRUE(all_help(lab.isolate()));
  const auto call = [&] { return call_of_kind(GetParam(), lab.caller(), 20); };
  ASSERT_TRUE(call().ok());
  std::int64_t which = 0;
  int failed = 0;
  for (bool reached = true; reached; ++which) {
    ASSERT_LT(which, 10'000);
    Status status;
    reached = with_failing_allocation(which, [&] {
      try {
        status = call();
      } catch (const std::exception&) {
        status = status_of_current_exception();
      }
    });
    if (!status.ok()) {
      ++failed;
      EXPECT_EQ(status.code(), Errc::resource_exhausted) << which << ' ' << status.to_string();
    }
    ASSERT_TRUE(call().ok()) << "after allocation " << which << " had failed";
    EXPECT_LE(lab.isolate().memory()->use().held, 512u << 10) << which;
  }
  EXPECT_GE(failed, 3) << "of " << which << "; some are of other threads, and cost the call nothing";
  lab.close();
}

INSTANTIATE_TEST_SUITE_P(OfKind, HeapFailures, testing::Range(0, 8), kind_name);

}  // namespace
}  // namespace lagoon::test
