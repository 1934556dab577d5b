// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>

// xtensor moved its headers after 0.24.
#if __has_include(<xtensor/containers/xadapt.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/views/xstrided_view.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xstrided_view.hpp>
#endif

namespace lagoon {

/// The same memory as an xtensor adaptor of fixed rank; no copy.
/// Fixed rank on purpose: xtensor 0.24 under C++20 crashes in immediate reductions over dynamic-rank adaptors.
///   throws  invalid_argument when a stride is negative (an adaptor starts at its first element)
template <class T, std::size_t R>
auto as_xtensor(View<T, R> v) {
  std::array<std::size_t, R> shape{};
  std::array<std::ptrdiff_t, R> strides{};
  for (std::size_t k = 0; k < R; ++k) {
    if (v.stride(k) < 0) throw Error(Errc::invalid_argument, "as_xtensor: the view runs backwards along an axis");
    shape[k] = static_cast<std::size_t>(v.extent(k));
    strides[k] = v.extent(k) == 1 ? 0 : v.stride(k);  // xtensor's own convention for axes of extent 1
  }
  // The size is the number of elements, however far the strides reach: xtensor compares it with the shape.
  return xt::adapt(v.data(), static_cast<std::size_t>(v.size()), xt::no_ownership(), shape, strides);
}
template <class T, std::size_t R>
auto as_xtensor(Tensor<T, R>& t) {
  return as_xtensor(t.view());
}
template <class T, std::size_t R>
auto as_xtensor(const Frozen<T, R>& f) {
  return as_xtensor(f.view());
}

}  // namespace lagoon
