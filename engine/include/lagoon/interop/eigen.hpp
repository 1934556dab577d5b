// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <lagoon/core/tensor.hpp>

namespace lagoon {

namespace detail {
template <class T>
using EigenVector = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>;
template <class T>
using EigenMatrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T, class M>
using LikeConst = std::conditional_t<std::is_const_v<T>, const M, M>;
}  // namespace detail

/// The same memory as an Eigen object; no copy. Alignment is not promised to Eigen, so that a consumer built with
/// other machine flags agrees about the type.
template <class T>
auto as_eigen(View<T, 1> v) {
  using Map = Eigen::Map<detail::LikeConst<T, detail::EigenVector<T>>, Eigen::Unaligned, Eigen::InnerStride<>>;
  return Map(v.data(), v.extent(0), Eigen::InnerStride<>(v.stride(0)));
}
template <class T>
auto as_eigen(View<T, 2> v) {
  using Stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  using Map = Eigen::Map<detail::LikeConst<T, detail::EigenMatrix<T>>, Eigen::Unaligned, Stride>;
  return Map(v.data(), v.extent(0), v.extent(1), Stride(v.stride(0), v.stride(1)));
}
template <class T, std::size_t R>
auto as_eigen(Tensor<T, R>& t) {
  return as_eigen(t.view());
}
template <class T, std::size_t R>
auto as_eigen(const Frozen<T, R>& f) {
  return as_eigen(f.view());
}

}  // namespace lagoon
