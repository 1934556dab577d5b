// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <lagoon/core/block.hpp>
#include <lagoon/core/result.hpp>
#include <lagoon/core/view.hpp>
#include <span>
#include <vector>

namespace lagoon {

template <class T, std::size_t R>
class Frozen;

namespace detail {
/// Remembers the array that slices came from, so that join can tell whether all of them are back.
struct SplitRecord;
using SplitHandle = std::shared_ptr<SplitRecord>;
SplitHandle make_split(SplitHandle parent, std::size_t parent_index, std::size_t count,
                       std::span<const std::ptrdiff_t> extents);
/// Throws invalid_argument naming the missing, foreign or repeated slice.
void check_join(std::span<const std::pair<SplitHandle, std::size_t>> slices);
std::span<const std::ptrdiff_t> split_extents(const SplitRecord& record);
SplitHandle split_parent(const SplitRecord& record, std::size_t& index);
[[noreturn]] void throw_bad_split(std::size_t parts, std::ptrdiff_t extent);
[[noreturn]] void throw_moved_inside();
[[noreturn]] void throw_still_split();
/// What carries arrays to other address spaces needs the block beside the view.
struct ArrayAccess;
}  // namespace detail

/// Owns an array of plain values: unique, writable, moved and never copied by accident.
///
///   Tensor<double, 2> a({1000, 3});                      // not initialised, 64-byte aligned
///   auto b = Tensor<double, 2>::adopt(std::move(matrix)); // an Eigen or xtensor object, taken over in place
///   Frozen<double, 2> f = std::move(a).freeze();          // now read-only: free to share, no copy
///
/// Slices of one array may be written by different isolates at once: `split` makes them, `join` reunites them.
template <class T, std::size_t R>
class Tensor {
 public:
  static_assert(std::is_trivially_copyable_v<T> && !std::is_const_v<T>, "a tensor holds plain writable values");
  using value_type = T;
  static constexpr std::size_t rank = R;

  /// No elements.
  Tensor() noexcept = default;

  /// Uninitialised elements in row-major order, from the current call's memory.
  ///   throws  invalid_argument (negative extent, overflow), resource_exhausted (budget)
  explicit Tensor(const Extents<R>& extents) : Tensor(extents, current_memory()) {}
  Tensor(const Extents<R>& extents, MemoryHandle memory) {
    const auto n = static_cast<std::size_t>(detail::checked_size(extents));
    auto allocation = detail::allocate_elements(n * sizeof(T), std::move(memory));
    block_ = std::move(allocation.block);
    view_ = View<T, R>(static_cast<T*>(allocation.data), extents);
  }

  static Tensor zeros(const Extents<R>& extents) { return filled(extents, T{}); }
  static Tensor filled(const Extents<R>& extents, T value) {
    Tensor t(extents);
    std::fill_n(t.data(), t.size(), value);
    return t;
  }

  /// A copy in row-major order of anything that a view can look at.
  static Tensor copy_of(View<const T, R> from) {
    Tensor t(from.extents());
    if (from.is_contiguous()) {
      if (!t.empty()) std::memcpy(t.data(), from.data(), static_cast<std::size_t>(t.size()) * sizeof(T));
    } else {
      T* out = t.data();
      copy_axis<0>(from, from.data(), out);
    }
    return t;
  }

  /// Takes over an object that owns its elements on the heap (Eigen, xtensor, std::vector) without copying them.
  ///   throws  invalid_argument when the elements live inside the object (fixed-size Eigen, std::array)
  template <class X>
    requires(!std::is_lvalue_reference_v<X> && detail::ViewableAs<X, T>)
  static Tensor adopt(X&& object) {
    const T* before = View<const T, R>(object).data();
    auto holder = std::make_unique<detail::Adopted<std::remove_cvref_t<X>>>(std::forward<X>(object));
    Tensor t;
    t.view_ = View<T, R>(holder->object);
    if (t.view_.data() != before && !t.view_.empty()) detail::throw_moved_inside();
    holder->bytes = static_cast<std::size_t>(t.size()) * sizeof(T);
    t.block_ = detail::BlockHandle(holder.release());
    return t;
  }

  /// Stands over elements that `owner` keeps alive; nobody else may touch them meanwhile.
  static Tensor over(View<T, R> elements, std::shared_ptr<void> owner) {
    auto holder = std::make_unique<detail::Adopted<std::shared_ptr<void>>>(std::move(owner));
    Tensor t;
    t.view_ = elements;
    holder->bytes = static_cast<std::size_t>(t.size()) * sizeof(T);
    t.block_ = detail::BlockHandle(holder.release());
    return t;
  }

  Tensor(Tensor&& other) noexcept { swap(other); }
  Tensor& operator=(Tensor&& other) noexcept {
    Tensor(std::move(other)).swap(*this);
    return *this;
  }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  void swap(Tensor& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(view_, other.view_);
    std::swap(split_, other.split_);
    std::swap(split_index_, other.split_index_);
  }

  View<T, R> view() noexcept { return view_; }
  View<const T, R> view() const noexcept { return view_; }
  operator View<T, R>() & noexcept { return view_; }             // NOLINT: a kernel takes any array
  operator View<const T, R>() const& noexcept { return view_; }  // NOLINT

  T* data() noexcept { return view_.data(); }
  const T* data() const noexcept { return view_.data(); }
  const Extents<R>& extents() const noexcept { return view_.extents(); }
  std::ptrdiff_t extent(std::size_t axis) const noexcept { return view_.extent(axis); }
  std::ptrdiff_t size() const noexcept { return block_ ? view_.size() : 0; }
  bool empty() const noexcept { return size() == 0; }
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(size()) * sizeof(T); }

  template <class... I>
    requires(sizeof...(I) == R)
  T& operator()(I... index) noexcept {
    return view_(index...);
  }
  template <class... I>
    requires(sizeof...(I) == R)
  const T& operator()(I... index) const noexcept {
    return view_(index...);
  }
  T& operator[](std::ptrdiff_t i) noexcept
    requires(R == 1)
  {
    return view_[i];
  }
  const T& operator[](std::ptrdiff_t i) const noexcept
    requires(R == 1)
  {
    return view_[i];
  }

  /// Gives up writing for sharing; no element moves.
  Frozen<T, R> freeze() &&;

  /// `parts` writable slices along the first axis, as even as can be; together they own what this tensor owned.
  ///   throws  out_of_range when parts is 0 or exceeds the first extent
  std::vector<Tensor> split(std::size_t parts) && {
    const std::ptrdiff_t rows = view_.extent(0);
    if (parts == 0 || static_cast<std::ptrdiff_t>(parts) > rows) detail::throw_bad_split(parts, rows);
    auto record = detail::make_split(std::move(split_), split_index_, parts, view_.extents());
    std::vector<Tensor> slices(parts);
    for (std::size_t k = 0; k < parts; ++k) {
      const auto begin = rows * static_cast<std::ptrdiff_t>(k) / static_cast<std::ptrdiff_t>(parts);
      const auto end = rows * static_cast<std::ptrdiff_t>(k + 1) / static_cast<std::ptrdiff_t>(parts);
      slices[k].block_ = block_;
      slices[k].view_ = view_.slice(0, begin, end);
      slices[k].split_ = record;
      slices[k].split_index_ = k;
    }
    *this = Tensor();
    return slices;
  }

  /// Reunites all slices of one split, in any order; no element moves.
  ///   throws  invalid_argument naming the slice that is missing, foreign or given twice
  static Tensor join(std::vector<Tensor> slices) {
    std::vector<std::pair<detail::SplitHandle, std::size_t>> parts;
    parts.reserve(slices.size());
    for (const Tensor& s : slices) parts.emplace_back(s.split_, s.split_index_);
    detail::check_join(parts);
    Tensor whole;
    auto& first = *std::find_if(slices.begin(), slices.end(), [](const Tensor& s) { return s.split_index_ == 0; });
    auto extents = detail::split_extents(*first.split_);
    Extents<R> sizes{};
    std::copy(extents.begin(), extents.end(), sizes.begin());
    whole.view_ = View<T, R>(first.view_.data(), sizes, first.view_.strides());
    whole.split_ = detail::split_parent(*first.split_, whole.split_index_);
    whole.block_ = std::move(first.block_);
    return whole;
  }

 private:
  friend class Frozen<T, R>;
  friend struct detail::ArrayAccess;

  template <std::size_t Axis>
  static void copy_axis(const View<const T, R>& from, const T* in, T*& out) {
    for (std::ptrdiff_t i = 0; i < from.extent(Axis); ++i, in += from.stride(Axis)) {
      if constexpr (Axis + 1 == R) {
        *out++ = *in;
      } else {
        copy_axis<Axis + 1>(from, in, out);
      }
    }
  }

  detail::BlockHandle block_;
  View<T, R> view_;
  detail::SplitHandle split_;
  std::size_t split_index_ = 0;
};

/// A shared, read-only array: what crosses isolates. Copying the handle copies no element.
///
///   Frozen<double, 1> x = std::move(tensor).freeze();
///   stats.call<Summarize>({x});        // the callee sees the same addresses
template <class T, std::size_t R>
class Frozen {
 public:
  using value_type = T;
  static constexpr std::size_t rank = R;

  Frozen() noexcept = default;

  /// Stands over elements that `owner` keeps alive and that nobody writes any more.
  static Frozen over(View<const T, R> elements, std::shared_ptr<const void> owner) {
    auto holder = std::make_unique<detail::Adopted<std::shared_ptr<const void>>>(std::move(owner));
    Frozen f;
    f.view_ = elements;
    holder->bytes = static_cast<std::size_t>(elements.size()) * sizeof(T);
    f.block_ = detail::BlockHandle(holder.release());
    return f;
  }

  /// Takes over an object that owns its elements on the heap, without copying them; see Tensor::adopt.
  template <class X>
    requires(!std::is_lvalue_reference_v<X> && detail::ViewableAs<X, T>)
  static Frozen adopt(X&& object) {
    return Tensor<T, R>::adopt(std::forward<X>(object)).freeze();
  }

  static Frozen copy_of(View<const T, R> from) { return Tensor<T, R>::copy_of(from).freeze(); }

  View<const T, R> view() const noexcept { return view_; }
  operator View<const T, R>() const noexcept { return view_; }  // NOLINT: a kernel takes any array

  const T* data() const noexcept { return view_.data(); }
  const Extents<R>& extents() const noexcept { return view_.extents(); }
  std::ptrdiff_t extent(std::size_t axis) const noexcept { return view_.extent(axis); }
  std::ptrdiff_t size() const noexcept { return block_ ? view_.size() : 0; }
  bool empty() const noexcept { return size() == 0; }
  /// Bytes that this handle keeps alive at least.
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(size()) * sizeof(T); }

  template <class... I>
    requires(sizeof...(I) == R)
  const T& operator()(I... index) const noexcept {
    return view_(index...);
  }
  const T& operator[](std::ptrdiff_t i) const noexcept
    requires(R == 1)
  {
    return view_[i];
  }

  /// A part along one axis, sharing the same elements.
  Frozen slice(std::size_t axis, std::ptrdiff_t begin, std::ptrdiff_t end) const {
    Frozen part = *this;
    part.view_ = view_.slice(axis, begin, end);
    return part;
  }

  /// Whether no other handle shares the elements.
  bool unique() const noexcept { return block_.unique(); }

  /// Writable again, without a copy, when no other handle shares the elements; failed_precondition otherwise.
  Result<Tensor<T, R>> try_unfreeze() && {
    if (!block_.unique())
      return Status(Errc::failed_precondition, "unfreeze: other handles share these elements; copy_of makes a copy");
    Tensor<T, R> t;
    t.block_ = std::move(block_);
    t.view_ = View<T, R>(const_cast<T*>(view_.data()), view_.extents(), view_.strides());
    view_ = {};
    return t;
  }

 private:
  friend class Tensor<T, R>;
  friend struct detail::ArrayAccess;
  detail::BlockHandle block_;
  View<const T, R> view_;
};

template <class T, std::size_t R>
Frozen<T, R> Tensor<T, R>::freeze() && {
  if (split_) detail::throw_still_split();
  Frozen<T, R> f;
  f.block_ = std::move(block_);
  f.view_ = view_;
  view_ = {};
  return f;
}

struct detail::ArrayAccess {
  /// Of a Frozen or a Tensor.
  template <class Array>
  static const BlockHandle& block_of(const Array& array) noexcept {
    return array.block_;
  }
  /// Elements in row-major order become a Frozen or a Tensor, which trusts that there are as many as `extents` say.
  template <class Array>
  static Array made_of(Allocation elements, const Extents<Array::rank>& extents) noexcept {
    Array array;
    array.block_ = std::move(elements.block);
    array.view_ = {static_cast<typename Array::value_type*>(elements.data), extents};
    return array;
  }
};

}  // namespace lagoon
