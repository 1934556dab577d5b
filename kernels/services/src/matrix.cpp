// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/matrix.hpp>

#include <lagoon/kernels/matrix.hpp>
#include <lagoon/rpc/serve.hpp>

namespace lagoon::services {
namespace {

namespace extended = matrix::extended;

bool is_extended(const std::string& precision, const char* method) {
  if (precision == "extended") return true;
  if (precision == "double") return false;
  throw Error(Errc::invalid_argument,
              std::string(method) + ": precision " + precision + " is not known; double and extended are");
}

matrix::Norm norm_kind(const std::string& kind, const char* method) {
  if (kind == "one") return matrix::Norm::one;
  if (kind == "infinity") return matrix::Norm::infinity;
  if (kind == "frobenius") return matrix::Norm::frobenius;
  if (kind == "two") return matrix::Norm::two;
  if (kind == "largest") return matrix::Norm::largest;
  throw Error(Errc::invalid_argument,
              std::string(method) + ": kind " + kind + " is not known; one, infinity, frobenius, two and largest are");
}

Product multiply(const MultiplyRequest& r) {
  const auto a = r.transpose_a ? r.a.view().transposed() : r.a.view();
  const auto b = r.transpose_b ? r.b.view().transposed() : r.b.view();
  if (!is_extended(r.precision, "multiply")) return {matrix::multiply(a, b).freeze(), {}};
  auto c = extended::multiply(a, b);
  return {std::move(c.high).freeze(), std::move(c.low).freeze()};
}

Products multiply_batch(const BatchRequest& r) { return {matrix::multiply_batch(r.a.view(), r.b.view()).freeze()}; }

LinearSolution reply_of(matrix::Solution<double> s) {
  const bool bad = s.ill_conditioned();
  return {std::move(s.x).freeze(), {}, s.singular, bad, s.rcond, s.backward_error};
}
LinearSolution reply_of(extended::Solution s) {
  const bool bad = !(s.rcond >= 0x1p-104);
  return {std::move(s.x.high).freeze(), std::move(s.x.low).freeze(), s.singular, bad, s.rcond, s.backward_error};
}

LinearSolution solve(const SolveRequest& r) {
  return is_extended(r.precision, "solve") ? reply_of(extended::solve(r.a.view(), r.b.view()))
                                           : reply_of(matrix::solve(r.a.view(), r.b.view()));
}

LinearSolution inverse(const InverseRequest& r) {
  return is_extended(r.precision, "inverse") ? reply_of(extended::inverse(r.a.view()))
                                             : reply_of(matrix::inverse(r.a.view()));
}

DeterminantReply determinant(const OneMatrix& r) {
  const auto d = matrix::determinant(r.a.view());
  return {d.value, d.sign, d.log_absolute};
}

CholeskyReply cholesky(const OneMatrix& r) {
  auto f = matrix::cholesky(r.a.view());
  return {std::move(f.l).freeze(), f.positive_definite(), f.failed_minor};
}

QrReply qr(const OneMatrix& r) {
  auto f = matrix::qr(r.a.view());
  return {std::move(f.q).freeze(), std::move(f.r).freeze()};
}

SymmetricEigenReply symmetric_eigen(const EigenRequest& r) {
  if (is_extended(r.precision, "symmetric_eigen")) {
    auto e = extended::symmetric_eigenvalues(r.a.view());
    const bool converged = e.high.empty() || e.high[0] == e.high[0];
    return {std::move(e.high).freeze(), std::move(e.low).freeze(), {}, converged};
  }
  auto e = matrix::symmetric_eigen(r.a.view(), {.vectors = r.vectors});
  return {std::move(e.values).freeze(), {}, std::move(e.vectors).freeze(), e.converged};
}

GeneralEigenReply general_eigen(const EigenRequest& r) {
  if (is_extended(r.precision, "general_eigen"))
    throw Error(Errc::invalid_argument, "general_eigen: there is no extended precision; symmetric_eigen has it");
  const auto e = matrix::general_eigen(r.a.view(), {.vectors = r.vectors});
  const std::ptrdiff_t n = e.values.size(), wanted = e.vectors.extent(0);
  Tensor<double, 1> real({n}), imaginary({n});
  Tensor<double, 2> vectors_real({wanted, wanted}), vectors_imaginary({wanted, wanted});
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    real[i] = e.values[i].real();
    imaginary[i] = e.values[i].imag();
  }
  for (std::ptrdiff_t i = 0; i < e.vectors.size(); ++i) {
    vectors_real.data()[i] = e.vectors.data()[i].real();
    vectors_imaginary.data()[i] = e.vectors.data()[i].imag();
  }
  return {std::move(real).freeze(), std::move(imaginary).freeze(), std::move(vectors_real).freeze(),
          std::move(vectors_imaginary).freeze(), e.converged};
}

SvdReply svd(const EigenRequest& r) {
  const bool many = is_extended(r.precision, "svd");
  if (!many && r.vectors) {
    auto s = matrix::svd(r.a.view());
    return {std::move(s.u).freeze(), std::move(s.values).freeze(), {}, std::move(s.vt).freeze(), s.converged};
  }
  extended::Vector values;
  if (many)
    values = extended::singular_values(r.a.view());
  else
    values.high = matrix::singular_values(r.a.view());
  const bool converged = values.high.empty() || values.high[0] == values.high[0];
  return {{}, std::move(values.high).freeze(), std::move(values.low).freeze(), {}, converged};
}

NormReply norm(const NormRequest& r) { return {matrix::norm(r.a.view(), norm_kind(r.kind, "norm"))}; }
NormReply condition(const NormRequest& r) { return {matrix::condition(r.a.view(), norm_kind(r.kind, "condition"))}; }
RankReply rank(const RankRequest& r) { return {matrix::rank(r.a.view(), {.tolerance = r.tolerance})}; }

PseudoInverseReply pseudo_inverse(const RankRequest& r) {
  auto p = matrix::pseudo_inverse(r.a.view(), {.tolerance = r.tolerance});
  return {std::move(p.x).freeze(), p.rank};
}

}  // namespace

Service matrix_service() {
  return serve<Matrix>(on<MultiplyMatrices>(multiply), on<MultiplyBatch>(multiply_batch), on<SolveLinear>(solve),
                       on<Invert>(inverse), on<DeterminantOf>(determinant), on<CholeskyOf>(cholesky), on<QrOf>(qr),
                       on<SymmetricEigenOf>(symmetric_eigen), on<GeneralEigenOf>(general_eigen), on<SvdOf>(svd),
                       on<NormOf>(norm), on<ConditionOf>(condition), on<RankOf>(rank),
                       on<PseudoInvert>(pseudo_inverse));
}

}  // namespace lagoon::services
