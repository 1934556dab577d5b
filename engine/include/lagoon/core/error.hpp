// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <lagoon/core/status.hpp>
#include <new>
#include <string>

namespace lagoon {

/// The one exception that Lagoon throws: a Status that can be caught.
///
///   throw Error(Errc::invalid_argument, "multiply: a is 3x4, b is 5x2; inner sizes must agree");
class Error : public std::exception {
 public:
  Error(Errc code, std::string message) : Error(Status(code, std::move(message))) {}
  explicit Error(Status status) : status_(std::move(status)), text_(status_.to_string()) {}

  const Status& status() const noexcept { return status_; }
  Errc code() const noexcept { return status_.code(); }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  Status status_;
  std::string text_;
};

/// What operator new throws where lagoon::charge_new is linked and a budget is full: a bad_alloc that says which.
class OutOfBudget : public std::bad_alloc {
 public:
  explicit OutOfBudget(Status status) noexcept : status_(std::move(status)) {}
  const Status& status() const noexcept { return status_; }
  const char* what() const noexcept override { return status_.message().c_str(); }

 private:
  Status status_;
};

/// The status of the exception in flight; to be called inside a catch block only.
///   returns  the status of a lagoon::Error or OutOfBudget; resource_exhausted for any other bad_alloc; unknown with
///            what() for the rest
Status status_of_current_exception() noexcept;

}  // namespace lagoon
