// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lagoon {

/// Why something did not succeed: one vocabulary from kernel to caller.
///   source   names and numbers are gRPC's status codes, so that a gateway can pass them through
enum class Errc : std::uint8_t {
  ok = 0,
  cancelled = 1,            ///< the caller asked for the end
  unknown = 2,              ///< a handler threw something that is not a lagoon::Error
  invalid_argument = 3,     ///< the argument is wrong whatever the state of the system
  deadline_exceeded = 4,    ///< the deadline passed first
  not_found = 5,            ///< a file, a column, a method by that name does not exist
  already_exists = 6,       ///< the thing to be made is there already
  permission_denied = 7,    ///< the file or operation is not for this user
  resource_exhausted = 8,   ///< a budget, a queue or a depth limit is full
  failed_precondition = 9,  ///< the object is not in a state to do this (closed, not started)
  aborted = 10,             ///< given up in the middle, for a reason that a retry may cure
  out_of_range = 11,        ///< a value outside its domain: percent 101, row 12 of 10
  unimplemented = 12,       ///< the service has no such method
  internal = 13,            ///< an invariant of Lagoon is broken: a bug, please report
  unavailable = 14,         ///< the isolate is gone or draining
  data_loss = 15,           ///< stored or sent bytes are corrupt
  unauthenticated = 16,     ///< the peer did not prove who it is
};

/// "resource_exhausted", never null.
std::string_view name(Errc code) noexcept;

/// Whether the handler of a failed call had begun: what a caller must know before it tries again.
enum class Executed : std::uint8_t { no, maybe, yes };

/// "no", "maybe", "yes".
std::string_view name(Executed executed) noexcept;

/// How a call or an operation ended. The default is success, costs no allocation and copies as a null pointer.
class [[nodiscard]] Status {
 public:
  using Details = std::vector<std::pair<std::string, std::string>>;

  Status() noexcept = default;
  Status(Errc code, std::string message);

  bool ok() const noexcept { return !detail_; }
  explicit operator bool() const noexcept { return ok(); }

  Errc code() const noexcept { return detail_ ? detail_->code : Errc::ok; }
  const std::string& message() const noexcept;
  /// Whether the handler ran: `no` is safe to retry anywhere, `maybe` only where the contract says idempotent.
  Executed executed() const noexcept { return detail_ ? detail_->executed : Executed::yes; }
  /// Name of the isolate that ended the call; empty when it never reached one.
  const std::string& isolate() const noexcept;
  /// How long to wait before another try; zero when the callee gave no advice.
  std::chrono::nanoseconds retry_after() const noexcept;
  /// The status that led to this one, or null.
  const Status* cause() const noexcept { return detail_ ? detail_->cause.get() : nullptr; }
  /// Typed facts beside the message: {"limit", "1048576"}.
  const Details& details() const noexcept;

  Status with_executed(Executed executed) const;
  Status with_isolate(std::string_view isolate) const;
  Status with_retry_after(std::chrono::nanoseconds wait) const;
  Status with_cause(Status cause) const;
  Status with_detail(std::string key, std::string value) const;

  /// "resource_exhausted: text (isolate stats, executed: no, retry after 3 ms) <- cause".
  std::string to_string() const;

 private:
  struct Detail {
    Errc code = Errc::unknown;
    Executed executed = Executed::yes;
    std::chrono::nanoseconds retry_after{0};
    std::string message;
    std::string isolate;
    std::shared_ptr<const Status> cause;
    Details details;
  };
  template <class F>
  Status changed(F change) const;

  std::shared_ptr<const Detail> detail_;
};

}  // namespace lagoon
