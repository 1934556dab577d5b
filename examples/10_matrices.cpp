// SPDX-License-Identifier: Apache-2.0
// Four questions about each of several matrices, answered side by side by a pool of workers; with --isolation process
// they are processes.
#include <lagoon/rpc.hpp>
#include <lagoon/services/matrix.hpp>

#include <cstdio>
#include <string>
#include <vector>

using lagoon::services::DeterminantOf;
using lagoon::services::EigenRequest;
using lagoon::services::Invert;
using lagoon::services::NormOf;
using lagoon::services::SymmetricEigenOf;

/// A chain of n masses between springs: 2 on the diagonal, -1 beside it. Its determinant is n + 1.
lagoon::Frozen<double, 2> chain(std::ptrdiff_t n) {
  auto a = lagoon::Tensor<double, 2>::zeros({n, n});
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    a(i, i) = 2;
    if (i > 0) a(i, i - 1) = a(i - 1, i) = -1;
  }
  return std::move(a).freeze();
}

struct Answers {
  lagoon::Reply<Invert> inverse;
  lagoon::Reply<DeterminantOf> determinant;
  lagoon::Reply<SymmetricEigenOf> eigen;
  lagoon::Reply<NormOf> norm;
};

int main(int argc, char** argv) {
  const lagoon::Service matrices = lagoon::services::matrix_service();
  if (lagoon::is_worker()) return lagoon::worker_main({matrices});
  const bool apart = argc == 3 && std::string(argv[1]) == "--isolation" && std::string(argv[2]) == "process";
  const auto isolation = apart ? lagoon::Isolation::process : lagoon::Isolation::thread;

  lagoon::Engine engine;
  lagoon::Pool pool(engine, {matrices}, {.name = "algebra", .workers = 2, .isolation = isolation});
  lagoon::Caller<lagoon::services::Matrix> algebra(pool);

  // All calls are under way before the first is waited for. Each shares its matrix with the other three.
  std::vector<std::ptrdiff_t> sizes = {3, 10, 50, 200};
  std::vector<Answers> answers;
  for (std::ptrdiff_t n : sizes) {
    const auto a = chain(n);
    answers.push_back({algebra.start<Invert>({a}), algebra.start<DeterminantOf>({a}),
                       algebra.start<SymmetricEigenOf>(EigenRequest{.a = a, .vectors = false}),
                       algebra.start<NormOf>({a, "two"})});
  }
  bool right = true;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    Answers& of = answers[k];
    const auto inverse = of.inverse.get();
    const auto eigen = of.eigen.get();
    const double determinant = of.determinant.get().value, norm = of.norm.get().value;
    std::printf(
        "n = %3td: determinant %.6f, lowest frequency^2 %.3e, norm %.6f, inverse with condition %.3e, error %.1e\n",
        sizes[k], determinant, eigen.values[0], norm, 1 / inverse.rcond, inverse.backward_error);
    const auto wanted = static_cast<double>(sizes[k] + 1);
    right = right && determinant > 0.999999 * wanted && determinant < 1.000001 * wanted && !inverse.ill_conditioned;
  }
  return right ? 0 : 1;
}
