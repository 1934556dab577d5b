// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scratch.hpp"

// Stages of general eigenvalues.

namespace lagoon::matrix::detail {

/// Q' A Q = H, with H on and above the diagonal below the main one. The reflections of Q are left below, with the n - 1
/// numbers of `tau`, as LAPACK's gehrd leaves them.
///   Polls the call's stop for each column; results are the same for any number of cores.
template <class T>
void reduce_to_hessenberg(Columns<T>& a, T* tau, bool parallel);

/// How LAPACK's gebal brought rows and columns to like sizes.
template <class T>
struct Balance {
  int low = 1, high = 0;
  const T* scale = nullptr;
};

/// H = Q T Q' of a Hessenberg matrix, with T in its place and Q multiplied to `q` from the right; null: eigenvalues
/// alone, and what is left in H is nothing.
///   returns  false: no convergence
///   Polls the call's stop some ten times per hundred eigenvalues.
template <class T>
bool schur_form(Columns<T>& h, T* real, T* imaginary, Columns<T>* q, const Balance<T>& balance);

/// Vectors of length 1 of the balanced A = Q T Q', from its Schur form: T is triangular but for blocks of two that
/// stand for complex pairs, of which two columns get the real and the imaginary parts. The largest number of each is
/// real.
template <class T>
void schur_vectors(const Columns<T>& t, const Columns<T>& q, const Balance<T>& balance, Columns<T>& vectors,
                   bool parallel);

}  // namespace lagoon::matrix::detail
