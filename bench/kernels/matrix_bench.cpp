// SPDX-License-Identifier: Apache-2.0
// Products and decompositions of dense matrices beside OpenBLAS called directly, Eigen, and NumPy.
#include <lagoon/kernels/matrix.hpp>
#include <lagoon/rpc.hpp>
#include <lagoon/services/matrix.hpp>

#include <algorithm>
#include <array>
#include <thread>

#include "kernels/beside.hpp"
#include "kernels/dense.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using rivals::Candidate;

/// A task of ours: what it does once, and what others must agree with.
struct Task {
  std::function<void(const ComputeOptions&)> run;
  std::function<std::vector<double>()> result;
};

std::vector<double> sorted(const double* x, std::ptrdiff_t n) {
  std::vector<double> values(x, x + n);
  std::sort(values.begin(), values.end());
  return values;
}

Task task_of(const std::string& name, const std::shared_ptr<DenseData>& data) {
  const std::ptrdiff_t n = data->n();
  if (name == "dgemm") {
    const auto c = std::make_shared<Tensor<double, 2>>(Extents<2>{n, n});
    return {[=](const ComputeOptions& o) { matrix::multiply_into(c->view(), data->a(), data->b(), o); },
            [=] { return rivals::some_of(c->data(), c->size()); }};
  }
  if (name == "sgemm") {
    const auto single = [&](const Tensor<double, 2>& x) {
      auto f = std::make_shared<Tensor<float, 2>>(Extents<2>{n, n});
      std::transform(x.data(), x.data() + x.size(), f->data(), [](double v) { return static_cast<float>(v); });
      return f;
    };
    const auto a = single(data->a()), b = single(data->b()), c = std::make_shared<Tensor<float, 2>>(Extents<2>{n, n});
    return {[=](const ComputeOptions& o) { matrix::multiply_into(c->view(), *a, *b, o); },
            [=] { return rivals::some_of(c->data(), c->size()); }};
  }
  if (name == "inverse") {
    const auto x = std::make_shared<Tensor<double, 2>>();
    return {[=](const ComputeOptions& o) { *x = matrix::inverse(data->a(), o).x; },
            [=] { return rivals::some_of(x->data(), x->size()); }};
  }
  const auto values = std::make_shared<std::vector<double>>();
  std::function<void(const ComputeOptions&)> run;
  if (name == "symeig") {
    run = [=](const ComputeOptions& o) {
      const auto e = matrix::symmetric_eigen(data->b(), {.compute = o});
      *values = sorted(e.values.data(), n);
    };
  } else if (name == "geneig") {
    run = [=](const ComputeOptions& o) {
      const auto e = matrix::general_eigen(data->a(), {.compute = o});
      values->resize(static_cast<std::size_t>(n));
      std::transform(e.values.data(), e.values.data() + n, values->begin(), [](const auto& v) { return v.real(); });
      std::sort(values->begin(), values->end());
    };
  } else {
    run = [=](const ComputeOptions& o) {
      const auto s = matrix::svd(data->a(), o);
      *values = sorted(s.values.data(), n);
    };
  }
  return {std::move(run), [=] { return *values; }};
}

Candidate on_threads(const std::string& name, const std::shared_ptr<DenseData>& data, const Task& task,
                     unsigned threads) {
  return {name,
          [=] { return data->isolate().run([&] { return seconds_of([&] { task.run({.parallel = threads > 1}); }); }); },
          task.result};
}

Pair dense_pair(const std::string& name, std::ptrdiff_t n, unsigned threads, double work) {
  auto data = std::make_shared<DenseData>(n, threads);
  const Candidate ours = on_threads("matrix", data, task_of(name, data), threads);
  std::string missing;
  std::vector<Candidate> others = data->python(name, missing);
  const rivals::DenseTask task{name, n, (name == "symeig" ? data->b() : data->a()).data(), data->b().data()};
  others.push_back(rivals::openblas(task, threads));
  others.push_back(rivals::eigen(task));
  const bool product = name == "dgemm" || name == "sgemm";
  return beside_fastest(ours, others, work, name == "sgemm" ? 1e-4 : 1e-8, missing, product ? "OpenBLAS" : "");
}

Pair peak_pair(bool single, std::ptrdiff_t n) {
  auto data = std::make_shared<DenseData>(n, 2);
  const double flops = 2.0 * static_cast<double>(n * n * n);
  const Candidate ours = on_threads("matrix", data, task_of(single ? "sgemm" : "dgemm", data), 2);
  return beside_fastest({ours.name, ours.seconds, {}}, {rivals::fma_loop(single, 2, flops)}, flops, 0);
}

Pair batch_pair(std::ptrdiff_t n, std::ptrdiff_t count, std::size_t times, unsigned threads) {
  auto data = std::make_shared<DenseData>(1, 1);
  struct Room {
    Tensor<double, 3> a, b, c;
  };
  const auto room = std::make_shared<Room>();
  for (Tensor<double, 3>* x : {&room->a, &room->b, &room->c}) {
    *x = Tensor<double, 3>({count, n, n});
    for (std::ptrdiff_t i = 0; i < x->size(); ++i) x->data()[i] = static_cast<double>(i % 17) - 8;
  }
  const Task task{[=](const ComputeOptions& o) {
                    for (std::size_t k = 0; k < times; ++k)
                      matrix::multiply_batch_into(room->c.view(), room->a.view(), room->b.view(), o);
                  },
                  [=] { return rivals::some_of(room->c.data(), room->c.size()); }};
  Candidate loop = rivals::openblas_loop(count, n, room->a.data(), room->b.data());
  if (loop.seconds)
    loop.seconds = [once = loop.seconds, times] {
      double all = 0;
      for (std::size_t k = 0; k < times; ++k) all += once();
      return all;
    };
  const double flops = 2.0 * static_cast<double>(n * n * n * count) * static_cast<double>(times);
  return beside_fastest(on_threads("multiply_batch_into", data, task, threads), {loop}, flops, 0);
}

Pair service_pair(std::ptrdiff_t n) {
  struct Ground {
    explicit Ground(std::ptrdiff_t size) : data(size, 1) {}
    DenseData data;
    Local service{data.isolate(), {services::matrix_service()}};
    Caller<services::Matrix> caller{service};
    services::MultiplyRequest request;
    double some = 0;
  };
  const auto ground = std::make_shared<Ground>(n);
  ground->request.a = Tensor<double, 2>::copy_of(ground->data.a().view()).freeze();
  ground->request.b = Tensor<double, 2>::copy_of(ground->data.b().view()).freeze();
  const Candidate ours{"call of lagoon.Matrix",
                       [=] {
                         return seconds_of([&] {
                           const auto reply = ground->caller.call<services::MultiplyMatrices>(ground->request);
                           ground->some = reply.c(0, 0);
                         });
                       },
                       [=] { return std::vector<double>{ground->some}; }};
  const Candidate direct{"matrix::multiply in the isolate",
                         [=] {
                           return seconds_of([&] {
                             ground->data.isolate().run([&] {
                               const auto c = matrix::multiply(ground->request.a.view(), ground->request.b.view());
                               ground->some = c(0, 0);
                             });
                           });
                         },
                         [=] { return std::vector<double>{ground->some}; }};
  return beside_fastest(ours, {direct}, 1, 0);
}

Pair isolates_pair(std::ptrdiff_t n) {
  struct Ground {
    explicit Ground(std::ptrdiff_t size)
        : data(size, 1), c{Tensor<double, 2>({size, size}), Tensor<double, 2>({size, size})} {}
    DenseData data;
    Engine engine;
    Isolate one{engine, {.name = "one"}}, other{engine, {.name = "other"}};
    std::array<Tensor<double, 2>, 2> c;
    void multiply(Isolate& isolate, std::size_t k) {
      isolate.run([&] { matrix::multiply_into(c[k].view(), data.a(), data.b()); });
    }
  };
  const auto ground = std::make_shared<Ground>(n);
  const Candidate together{"two isolates, a product each",
                           [=] {
                             return seconds_of([&] {
                               std::thread other([&] { ground->multiply(ground->other, 1); });
                               ground->multiply(ground->one, 0);
                               other.join();
                             });
                           },
                           {}};
  const Candidate alone{"one isolate, two products",
                        [=] {
                          return seconds_of([&] {
                            ground->multiply(ground->one, 0);
                            ground->multiply(ground->one, 1);
                          });
                        },
                        {}};
  const double flops = 4.0 * static_cast<double>(n * n * n);
  return beside_fastest(together, {alone}, flops, 0);
}

void add_dense(Rows& rows, const std::string& name, const std::string& task, std::ptrdiff_t n, double goal, Unit unit,
               double work, std::size_t repetitions) {
  for (const unsigned threads : {1u, 2u})
    rows.push_back({"matrix." + name + (threads == 2 ? ".two_threads" : ""), unit, Better::higher, goal,
                    [=] { return dense_pair(task, n, threads, work); }, Judge::ratio, 0.3, repetitions});
}

}  // namespace

void add_matrix_rows(Rows& rows, const RunOptions& options) {
  const auto flops = [](std::ptrdiff_t n) { return 2.0 * static_cast<double>(n * n * n); };
  const std::ptrdiff_t most = options.quick ? 1024 : 4096;
  for (const std::ptrdiff_t n : {std::ptrdiff_t{512}, std::ptrdiff_t{2048}, std::ptrdiff_t{4096}})
    add_dense(rows, "dgemm_" + std::to_string(n), "dgemm", std::min(n, most), 0.98, kGigaflops,
              flops(std::min(n, most)), n == 512 ? 9 : 5);
  add_dense(rows, "sgemm_4096", "sgemm", most, 0.98, kGigaflops, flops(most), 5);
  for (const bool single : {false, true})
    rows.push_back({std::string("matrix.") + (single ? "sgemm" : "dgemm") + "_4096.of_peak", kGigaflops, Better::higher,
                    0.85, [=] { return peak_pair(single, most); }, Judge::ratio, 0.3, 5});
  const auto shorter = [&](std::ptrdiff_t n) { return options.quick ? n / 4 : n; };
  add_dense(rows, "inverse_2048", "inverse", shorter(2048), 1, kPerSecond, 1, 5);
  add_dense(rows, "symeig_1000", "symeig", shorter(1000), 1, kPerSecond, 1, 7);
  add_dense(rows, "geneig_500", "geneig", shorter(500), 1, kPerSecond, 1, 7);
  add_dense(rows, "svd_1000", "svd", shorter(1000), 1, kPerSecond, 1, 7);
  for (const std::ptrdiff_t n : {std::ptrdiff_t{16}, std::ptrdiff_t{32}}) {
    for (const unsigned threads : {1u, 2u}) {
      const std::string name = "matrix.batch_" + std::to_string(n), end = threads == 2 ? ".two_threads" : "";
      rows.push_back({name + end, kGigaflops, Better::higher, 1.0, [=] { return batch_pair(n, 10'000, 1, threads); },
                      Judge::ratio, 0.3, 9});
      rows.push_back({name + ".in_cache" + end, kGigaflops, Better::higher,
                      threads == 2 ? std::optional(2.0) : std::nullopt, [=] { return batch_pair(n, 64, 200, threads); },
                      Judge::ratio, 0.3, 9});
    }
  }
  rows.push_back({"matrix.service_overhead", kPerSecond, Better::higher, 1 / 1.02,
                  [=] { return service_pair(shorter(2048)); }, Judge::ratio, 0.3, 9});
  rows.push_back({"matrix.two_isolates", kGigaflops, Better::higher, 0.95, [=] { return isolates_pair(shorter(2048)); },
                  Judge::ratio, 0.3, 9});
}

}  // namespace lagoon::bench
