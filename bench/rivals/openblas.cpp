// SPDX-License-Identifier: Apache-2.0
// OpenBLAS, called directly with as many threads of its own as ours may use.
#include "rivals/dense.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>

#include "runner/timing.hpp"

#if defined(LAGOON_BENCH_OPENBLAS)
#include <cblas.h>
#include <lapack.h>

namespace lagoon::bench::rivals {
namespace {

/// Gives OpenBLAS its threads while it is measured: ours are told to it as one.
class Threads {
 public:
  explicit Threads(unsigned count) { openblas_set_num_threads(static_cast<int>(count)); }
  ~Threads() { openblas_set_num_threads(1); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
};

/// Room that a user would keep from call to call.
struct Room {
  std::vector<double> a, work, values, more, left, right;
  std::vector<float> fa, fb, fc;
  std::vector<int> pivots, integers;
};

void check(int info, const char* what) {
  if (info != 0) throw std::runtime_error(std::string(what) + " failed: " + std::to_string(info));
}

using Step = std::function<void(Room&)>;

double* grown(std::vector<double>& work, double asked) {
  work.resize(std::max(work.size(), static_cast<std::size_t>(asked)));
  return work.data();
}

Step step_of(const DenseTask& t) {
  const int n = static_cast<int>(t.n);
  const auto nn = static_cast<std::size_t>(t.n * t.n);
  const auto* a = t.a;
  const auto* b = t.b;
  if (t.name == "dgemm")
    return [=](Room& r) {
      r.a.resize(nn);
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, r.a.data(), n);
    };
  if (t.name == "sgemm")
    return [=](Room& r) {
      if (r.fa.empty()) {
        r.fa.assign(a, a + nn);
        r.fb.assign(b, b + nn);
        r.fc.resize(nn);
      }
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, r.fa.data(), n, r.fb.data(), n, 0, r.fc.data(),
                  n);
    };
  if (t.name == "inverse")
    return [=](Room& r) {
      r.a.assign(a, a + nn);
      r.pivots.resize(static_cast<std::size_t>(n));
      int info = 0, size = -1;
      double asked = 0;
      LAPACK_dgetrf(&n, &n, r.a.data(), &n, r.pivots.data(), &info);
      check(info, "dgetrf");
      LAPACK_dgetri(&n, r.a.data(), &n, r.pivots.data(), &asked, &size, &info);
      size = static_cast<int>(asked);
      LAPACK_dgetri(&n, r.a.data(), &n, r.pivots.data(), grown(r.work, asked), &size, &info);
      check(info, "dgetri");
    };
  if (t.name == "symeig")
    return [=](Room& r) {
      r.a.assign(a, a + nn);
      r.values.resize(static_cast<std::size_t>(n));
      int info = 0, size = -1, integers = -1, asked_integers = 0;
      double asked = 0;
      LAPACK_dsyevd("V", "U", &n, r.a.data(), &n, r.values.data(), &asked, &size, &asked_integers, &integers, &info);
      size = static_cast<int>(asked);
      integers = asked_integers;
      r.integers.resize(static_cast<std::size_t>(integers));
      LAPACK_dsyevd("V", "U", &n, r.a.data(), &n, r.values.data(), grown(r.work, asked), &size, r.integers.data(),
                    &integers, &info);
      check(info, "dsyevd");
    };
  if (t.name == "geneig")
    return [=](Room& r) {
      r.a.assign(a, a + nn);
      r.values.resize(static_cast<std::size_t>(n));
      r.more.resize(static_cast<std::size_t>(n));
      r.right.resize(nn);
      int info = 0, size = -1;
      const int one = 1;
      double asked = 0;
      LAPACK_dgeev("N", "V", &n, r.a.data(), &n, r.values.data(), r.more.data(), nullptr, &one, r.right.data(), &n,
                   &asked, &size, &info);
      size = static_cast<int>(asked);
      LAPACK_dgeev("N", "V", &n, r.a.data(), &n, r.values.data(), r.more.data(), nullptr, &one, r.right.data(), &n,
                   grown(r.work, asked), &size, &info);
      check(info, "dgeev");
    };
  return [=](Room& r) {
    r.a.assign(a, a + nn);
    r.values.resize(static_cast<std::size_t>(n));
    r.left.resize(nn);
    r.right.resize(nn);
    r.integers.resize(8 * static_cast<std::size_t>(n));
    int info = 0, size = -1;
    double asked = 0;
    LAPACK_dgesdd("S", &n, &n, r.a.data(), &n, r.values.data(), r.left.data(), &n, r.right.data(), &n, &asked, &size,
                  r.integers.data(), &info);
    size = static_cast<int>(asked);
    LAPACK_dgesdd("S", &n, &n, r.a.data(), &n, r.values.data(), r.left.data(), &n, r.right.data(), &n,
                  grown(r.work, asked), &size, r.integers.data(), &info);
    check(info, "dgesdd");
  };
}

}  // namespace

Candidate openblas(const DenseTask& task, unsigned threads) {
  auto room = std::make_shared<Room>();
  Candidate c;
  c.name = std::string("OpenBLAS, ") + (threads == 1 ? "one thread" : std::to_string(threads) + " threads");
  c.seconds = [room, step = step_of(task), threads] {
    const Threads some(threads);
    const auto begin = Steady::now();
    step(*room);
    return seconds_since(begin);
  };
  c.result = [room, task] {
    const std::ptrdiff_t all = task.n * task.n;
    if (task.name == "sgemm") return some_of(room->fc.data(), all);
    if (task.name == "dgemm") return some_of(room->a.data(), all);
    if (task.name == "inverse") return some_of(room->a.data(), all);  // of the transpose, transposed
    std::vector<double> values = room->values;
    std::sort(values.begin(), values.end());
    return values;
  };
  if (threads > 1) c.rest = [] { std::this_thread::sleep_for(kUntilAsleep); };
  return c;
}

Candidate openblas_loop(std::ptrdiff_t count, std::ptrdiff_t n, const double* a, const double* b) {
  auto c = std::make_shared<std::vector<double>>(static_cast<std::size_t>(count * n * n));
  return {"OpenBLAS, a loop of cblas_dgemm",
          [=] {
            const Threads one(1);
            const int size = static_cast<int>(n);
            const auto begin = Steady::now();
            for (std::ptrdiff_t i = 0; i < count; ++i)
              cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a + i * n * n, size,
                          b + i * n * n, size, 0, c->data() + i * n * n, size);
            return seconds_since(begin);
          },
          [=] { return some_of(c->data(), count * n * n); }};
}

}  // namespace lagoon::bench::rivals
#else
namespace lagoon::bench::rivals {
Candidate openblas(const DenseTask&, unsigned) { return {}; }
Candidate openblas_loop(std::ptrdiff_t, std::ptrdiff_t, const double*, const double*) { return {}; }
}  // namespace lagoon::bench::rivals
#endif
