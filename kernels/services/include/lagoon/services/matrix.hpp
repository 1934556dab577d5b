// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/service.hpp>
#include <string>

namespace lagoon::services {

// Where `precision` is asked for, "double" is 16 digits and "extended" 31: then `low` holds what each number has beyond
// its double, and is empty otherwise.

struct MultiplyRequest {
  Frozen<double, 2> a, b;
  bool transpose_a = false, transpose_b = false;  ///< of the factors, without a copy
  std::string precision = "double";
  LAGOON_FIELDS(MultiplyRequest, a, b, transpose_a, transpose_b, precision)
};
struct Product {
  Frozen<double, 2> c, low;
  LAGOON_FIELDS(Product, c, low)
};

struct BatchRequest {
  Frozen<double, 3> a, b;  ///< count x m x k and count x k x n
  LAGOON_FIELDS(BatchRequest, a, b)
};
struct Products {
  Frozen<double, 3> c;
  LAGOON_FIELDS(Products, c)
};

struct SolveRequest {
  Frozen<double, 2> a, b;  ///< n x n, and right-hand sides as columns
  std::string precision = "double";
  LAGOON_FIELDS(SolveRequest, a, b, precision)
};
struct InverseRequest {
  Frozen<double, 2> a;
  std::string precision = "double";
  LAGOON_FIELDS(InverseRequest, a, precision)
};
/// See matrix::Solution. When `ill_conditioned`, no digit of x may be right.
struct LinearSolution {
  Frozen<double, 2> x, low;
  bool singular = false, ill_conditioned = false;
  double rcond = 0, backward_error = 0;
  LAGOON_FIELDS(LinearSolution, x, low, singular, ill_conditioned, rcond, backward_error)
};

struct OneMatrix {
  Frozen<double, 2> a;
  LAGOON_FIELDS(OneMatrix, a)
};
struct DeterminantReply {
  double value = 0;         ///< infinite or 0 where double ends
  double sign = 0;          ///< -1, 0 or 1
  double log_absolute = 0;  ///< natural logarithm of the magnitude, which does not end there
  LAGOON_FIELDS(DeterminantReply, value, sign, log_absolute)
};
struct CholeskyReply {
  Frozen<double, 2> l;
  bool positive_definite = false;
  std::int64_t failed_minor = 0;  ///< the order of the first leading minor that is not positive, or 0
  LAGOON_FIELDS(CholeskyReply, l, positive_definite, failed_minor)
};
struct QrReply {
  Frozen<double, 2> q, r;
  LAGOON_FIELDS(QrReply, q, r)
};

struct EigenRequest {
  Frozen<double, 2> a;
  bool vectors = true;               ///< extended precision has values only
  std::string precision = "double";  ///< of symmetric_eigen
  LAGOON_FIELDS(EigenRequest, a, vectors, precision)
};
struct SymmetricEigenReply {
  Frozen<double, 1> values, low;
  Frozen<double, 2> vectors;  ///< column j belongs to values[j]
  bool converged = true;
  LAGOON_FIELDS(SymmetricEigenReply, values, low, vectors, converged)
};
struct GeneralEigenReply {
  Frozen<double, 1> real, imaginary;
  Frozen<double, 2> vectors_real, vectors_imaginary;  ///< column j belongs to value j
  bool converged = true;
  LAGOON_FIELDS(GeneralEigenReply, real, imaginary, vectors_real, vectors_imaginary, converged)
};
struct SvdReply {
  Frozen<double, 2> u;
  Frozen<double, 1> values, low;
  Frozen<double, 2> vt;
  bool converged = true;
  LAGOON_FIELDS(SvdReply, u, values, low, vt, converged)
};

struct NormRequest {
  Frozen<double, 2> a;
  std::string kind = "two";  ///< one, infinity, frobenius, two, largest
  LAGOON_FIELDS(NormRequest, a, kind)
};
struct NormReply {
  double value = 0;
  LAGOON_FIELDS(NormReply, value)
};

struct RankRequest {
  Frozen<double, 2> a;
  double tolerance = -1;  ///< part of the largest singular value; negative: max(rows, columns) epsilon
  LAGOON_FIELDS(RankRequest, a, tolerance)
};
struct RankReply {
  std::int64_t rank = 0;
  LAGOON_FIELDS(RankReply, rank)
};
struct PseudoInverseReply {
  Frozen<double, 2> x;
  std::int64_t rank = 0;
  LAGOON_FIELDS(PseudoInverseReply, x, rank)
};

using MultiplyMatrices = Unary<"multiply", MultiplyRequest, Product, Idempotent, CpuBound,
                               Doc<"The product of two matrices, in double or extended precision">>;
using MultiplyBatch =
    Unary<"multiply_batch", BatchRequest, Products, Idempotent, CpuBound, Doc<"Many products of small matrices">>;
using SolveLinear = Unary<"solve", SolveRequest, LinearSolution, Idempotent, CpuBound,
                          Doc<"Solves a x = b, with condition and backward error">>;
using Invert = Unary<"inverse", InverseRequest, LinearSolution, Idempotent, CpuBound,
                     Doc<"The inverse of a matrix, with condition and backward error">>;
using DeterminantOf = Unary<"determinant", OneMatrix, DeterminantReply, Idempotent, CpuBound,
                            Doc<"The determinant, also as sign and logarithm">>;
using CholeskyOf = Unary<"cholesky", OneMatrix, CholeskyReply, Idempotent, CpuBound,
                         Doc<"L of a symmetric positive definite matrix; its lower triangle is read">>;
using QrOf = Unary<"qr", OneMatrix, QrReply, Idempotent, CpuBound, Doc<"Orthonormal columns times a triangle, thin">>;
using SymmetricEigenOf = Unary<"symmetric_eigen", EigenRequest, SymmetricEigenReply, Idempotent, CpuBound,
                               Doc<"Eigenvalues, rising, and vectors; the lower triangle is read">>;
using GeneralEigenOf = Unary<"general_eigen", EigenRequest, GeneralEigenReply, Idempotent, CpuBound,
                             Doc<"Eigenvalues and right vectors, complex, of any square matrix">>;
using SvdOf =
    Unary<"svd", EigenRequest, SvdReply, Idempotent, CpuBound, Doc<"Singular values, falling, and vectors, thin">>;
using NormOf = Unary<"norm", NormRequest, NormReply, Idempotent, CpuBound,
                     Doc<"How large a matrix is: one, infinity, frobenius, two or largest">>;
using ConditionOf = Unary<"condition", NormRequest, NormReply, Idempotent, CpuBound,
                          Doc<"How many times larger a relative error of the data may come out">>;
using RankOf = Unary<"rank", RankRequest, RankReply, Idempotent, CpuBound, Doc<"How many singular values are not 0">>;
using PseudoInvert = Unary<"pseudo_inverse", RankRequest, PseudoInverseReply, Idempotent, CpuBound,
                           Doc<"The pseudo-inverse of Moore and Penrose">>;

using Matrix =
    Contract<"lagoon.Matrix", MultiplyMatrices, MultiplyBatch, SolveLinear, Invert, DeterminantOf, CholeskyOf, QrOf,
             SymmetricEigenOf, GeneralEigenOf, SvdOf, NormOf, ConditionOf, RankOf, PseudoInvert>;

Service matrix_service();

}  // namespace lagoon::services
