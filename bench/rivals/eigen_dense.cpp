// SPDX-License-Identifier: Apache-2.0
// Eigen by itself, compiled for this machine: the vectors are chosen when it is compiled.
#include "rivals/dense.hpp"

#if defined(LAGOON_BENCH_EIGEN)
#include <Eigen/Dense>
#include <algorithm>
#include <memory>

#include "runner/timing.hpp"

namespace lagoon::bench::rivals {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Columns = Eigen::MatrixXd;
using Single = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Room {
  Matrix c;
  Single fa, fb, fc;
  std::vector<double> values;
};

void run(const DenseTask& t, Room& r) {
  const Eigen::Map<const Matrix> a(t.a, t.n, t.n), b(t.b, t.n, t.n);
  const auto keep = [&](const auto& values) { r.values.assign(values.data(), values.data() + values.size()); };
  if (t.name == "dgemm") {
    r.c.noalias() = a * b;
  } else if (t.name == "sgemm") {
    r.fc.noalias() = r.fa * r.fb;
  } else if (t.name == "inverse") {
    r.c = a.partialPivLu().inverse();
  } else if (t.name == "symeig") {
    keep(Eigen::SelfAdjointEigenSolver<Columns>(a).eigenvalues());
  } else if (t.name == "geneig") {
    const Eigen::EigenSolver<Columns> solver(a, true);
    const Eigen::VectorXcd vectors = solver.eigenvectors().col(0);  // made when asked for
    keep(Eigen::VectorXd(solver.eigenvalues().real() + 0 * vectors.real()));
  } else {
    keep(Eigen::BDCSVD<Columns>(a, Eigen::ComputeThinU | Eigen::ComputeThinV).singularValues());
  }
}

}  // namespace

__attribute__((visibility("default"))) Candidate eigen(const DenseTask& task) {
  auto room = std::make_shared<Room>();
  if (task.name == "sgemm") {
    room->fa = Eigen::Map<const Matrix>(task.a, task.n, task.n).cast<float>();
    room->fb = Eigen::Map<const Matrix>(task.b, task.n, task.n).cast<float>();
  }
  return {"Eigen",
          [room, task] {
            const auto begin = Steady::now();
            run(task, *room);
            return seconds_since(begin);
          },
          [room, task] {
            if (task.name == "sgemm") return some_of(room->fc.data(), room->fc.size());
            if (task.name == "dgemm" || task.name == "inverse") return some_of(room->c.data(), room->c.size());
            std::vector<double> values = room->values;
            std::sort(values.begin(), values.end());
            return values;
          }};
}

}  // namespace lagoon::bench::rivals
#else
namespace lagoon::bench::rivals {
__attribute__((visibility("default"))) Candidate eigen(const DenseTask&) { return {}; }
}  // namespace lagoon::bench::rivals
#endif
