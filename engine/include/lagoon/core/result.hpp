// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/error.hpp>
#include <optional>
#include <type_traits>
#include <utility>

namespace lagoon {

/// A value, or the status that says why there is none. `value()` throws the status as an Error.
///
///   Result<Table> table = try_read_csv(path);
///   if (!table) return table.status();
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : value_(std::move(value)) {}         // NOLINT: a handler returns its value
  Result(Status status) : status_(std::move(status)) {  // NOLINT: or returns why not
    if (status_.ok()) status_ = Status(Errc::internal, "a Result without a value was made from a status that is ok");
  }

  bool ok() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  const Status& status() const noexcept { return status_; }

  T& value() & { return *checked(); }
  const T& value() const& { return *const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(*checked()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T value_or(T other) && { return value_ ? std::move(*value_) : std::move(other); }

 private:
  std::optional<T>& checked() {
    if (!value_) throw Error(status_);
    return value_;
  }

  std::optional<T> value_;
  Status status_;
};

/// A Result without a value: just how it ended.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Status status) : status_(std::move(status)) {}  // NOLINT: mirrors Result<T>

  bool ok() const noexcept { return status_.ok(); }
  explicit operator bool() const noexcept { return ok(); }
  const Status& status() const noexcept { return status_; }
  void value() const {
    if (!status_.ok()) throw Error(status_);
  }

 private:
  Status status_;
};

namespace detail {
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;
}  // namespace detail

}  // namespace lagoon
