// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

// What a message refers to, found by walking its fields: bytes for flow control, budgets and copy reports.
namespace lagoon::detail {

template <class T>
inline constexpr bool is_frozen = false;
template <class T, std::size_t R>
inline constexpr bool is_frozen<Frozen<T, R>> = true;
template <class T>
inline constexpr bool is_tensor = false;
template <class T, std::size_t R>
inline constexpr bool is_tensor<Tensor<T, R>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T, class A>
inline constexpr bool is_vector<std::vector<T, A>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

/// Whether values of T never refer to bytes outside themselves, as far as the type tells.
template <class T>
inline constexpr bool is_flat = std::is_trivially_copyable_v<T>;

struct ByteCount {
  std::size_t shared = 0;
  std::size_t moved = 0;
  std::size_t lent = 0;         ///< of these, by worker processes
  std::size_t lent_by_one = 0;  ///< of these, by `lender`
  std::uint32_t lender = 0;     ///< who lent most; of three or more, about

  std::size_t all() const noexcept { return shared + moved; }
  /// What would have to be copied to that worker process.
  std::size_t to_bring(std::uint32_t worker) const noexcept { return worker == lender ? lent - lent_by_one : lent; }
  void note_lender(std::uint32_t who, std::size_t bytes) noexcept {
    if (who == 0) return;
    lent += bytes;
    if (who == lender) {
      lent_by_one += bytes;
    } else if (bytes > lent_by_one) {
      lender = who;
      lent_by_one = bytes;
    }
  }
};

template <class A>
std::uint32_t lender_of(const A& array) noexcept {
  const BlockHandle& block = ArrayAccess::block_of(array);
  return block ? block.get()->lender : 0;
}

/// Adds the bytes that `x` refers to. A type without LAGOON_FIELDS whose insides cannot be seen counts as nothing.
template <class T>
void count_bytes(const T& x, ByteCount& count) {
  if constexpr (is_flat<T>) {
    return;
  } else if constexpr (is_frozen<T>) {
    count.shared += x.bytes();
    count.note_lender(lender_of(x), x.bytes());
  } else if constexpr (is_tensor<T>) {
    count.moved += x.bytes();
    count.note_lender(lender_of(x), x.bytes());
  } else if constexpr (std::is_same_v<T, std::string>) {
    count.moved += x.size();
  } else if constexpr (is_vector<T>) {
    count.moved += x.size() * sizeof(typename T::value_type);
    if constexpr (!is_flat<typename T::value_type>)
      for (const auto& e : x) count_bytes(e, count);
  } else if constexpr (is_array<T>) {
    for (const auto& e : x) count_bytes(e, count);
  } else if constexpr (is_optional<T>) {
    if (x) count_bytes(*x, count);
  } else if constexpr (Fielded<T>) {
    for_each_field(x, [&](std::string_view, const auto& field) { count_bytes(field, count); });
  }
}

template <class... T>
ByteCount count_bytes_of(const T&... x) {
  ByteCount count;
  (count_bytes(x, count), ...);
  return count;
}

template <class T>
std::size_t referenced_bytes(const T& x) {
  return count_bytes_of(x).all();
}

/// Replaces every shared array by a copy of its own; returns the bytes copied.
template <class T>
std::size_t copy_arrays(T& x) {
  std::size_t bytes = 0;
  if constexpr (is_flat<T>) {
    bytes += 0;
  } else if constexpr (is_frozen<T> || is_tensor<T>) {
    bytes += x.bytes();
    x = T::copy_of(x.view());
  } else if constexpr (std::is_same_v<T, std::string>) {
    bytes += x.size();
    x = std::string(x);
  } else if constexpr (is_vector<T> || is_array<T>) {
    if constexpr (is_vector<T>) bytes += x.size() * sizeof(typename T::value_type);
    if constexpr (is_flat<typename T::value_type>) {
      x = T(x);
    } else {
      for (auto& e : x) bytes += copy_arrays(e);
    }
  } else if constexpr (is_optional<T>) {
    if (x) bytes += copy_arrays(*x);
  } else if constexpr (Fielded<T>) {
    for_each_field(x, [&](std::string_view, auto& field) { bytes += copy_arrays(field); });
  }
  return bytes;
}

}  // namespace lagoon::detail
