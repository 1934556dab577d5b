// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/status.hpp>

#include <array>

#include <lagoon/core/error.hpp>

#include <new>

namespace lagoon {

std::string_view name(Errc code) noexcept {
  constexpr std::array<std::string_view, 17> kNames = {
      "ok",        "cancelled",       "unknown",           "invalid_argument",   "deadline_exceeded",
      "not_found", "already_exists",  "permission_denied", "resource_exhausted", "failed_precondition",
      "aborted",   "out_of_range",    "unimplemented",     "internal",           "unavailable",
      "data_loss", "unauthenticated",
  };
  const auto i = static_cast<std::size_t>(code);
  return i < kNames.size() ? kNames[i] : "invalid_code";
}

std::string_view name(Executed executed) noexcept {
  switch (executed) {
    case Executed::no: return "no";
    case Executed::maybe: return "maybe";
    case Executed::yes: return "yes";
  }
  return "invalid";
}

Status::Status(Errc code, std::string message) {
  if (code == Errc::ok) return;
  auto detail = std::make_shared<Detail>();
  detail->code = code;
  detail->message = std::move(message);
  detail_ = std::move(detail);
}

const std::string& Status::message() const noexcept {
  static const std::string kNone;
  return detail_ ? detail_->message : kNone;
}

const std::string& Status::isolate() const noexcept {
  static const std::string kNone;
  return detail_ ? detail_->isolate : kNone;
}

std::chrono::nanoseconds Status::retry_after() const noexcept {
  return detail_ ? detail_->retry_after : std::chrono::nanoseconds{0};
}

const Status::Details& Status::details() const noexcept {
  static const Details kNone;
  return detail_ ? detail_->details : kNone;
}

template <class F>
Status Status::changed(F change) const {
  if (!detail_) return *this;  // success carries nothing
  auto copy = std::make_shared<Detail>(*detail_);
  change(*copy);
  Status s;
  s.detail_ = std::move(copy);
  return s;
}

Status Status::with_executed(Executed executed) const {
  return changed([&](Detail& d) { d.executed = executed; });
}
Status Status::with_isolate(std::string_view isolate) const {
  return changed([&](Detail& d) { d.isolate = isolate; });
}
Status Status::with_retry_after(std::chrono::nanoseconds wait) const {
  return changed([&](Detail& d) { d.retry_after = wait; });
}
Status Status::with_cause(Status cause) const {
  return changed([&](Detail& d) { d.cause = std::make_shared<const Status>(std::move(cause)); });
}
Status Status::with_detail(std::string key, std::string value) const {
  return changed([&](Detail& d) { d.details.emplace_back(std::move(key), std::move(value)); });
}

std::string Status::to_string() const {
  if (!detail_) return "ok";
  std::string text(name(detail_->code));
  text += ": ";
  text += detail_->message;
  std::string facts;
  if (!detail_->isolate.empty()) facts += "isolate " + detail_->isolate + ", ";
  if (detail_->executed != Executed::yes) facts += "executed: " + std::string(name(detail_->executed)) + ", ";
  if (detail_->retry_after.count() > 0)
    facts += "retry after " + std::to_string((detail_->retry_after.count() + 999'999) / 1'000'000) + " ms, ";
  if (!facts.empty()) text += " (" + facts.substr(0, facts.size() - 2) + ")";
  if (detail_->cause) text += " <- " + detail_->cause->to_string();
  return text;
}

Status status_of_current_exception() noexcept {
  try {
    try {
      throw;
    } catch (const Error& e) {
      return e.status();
    } catch (const OutOfBudget& e) {
      return e.status();
    } catch (const std::bad_alloc&) {
      return Status(Errc::resource_exhausted, "the process could not allocate memory");
    } catch (const std::exception& e) {
      return Status(Errc::unknown, e.what());
    } catch (...) {
      return Status(Errc::unknown, "something that is not a std::exception was thrown");
    }
  } catch (...) {
    // Even the message could not be allocated: a status made in advance still tells the truth.
    static const Status kNoMemory(Errc::resource_exhausted, "out of memory");
    return kNoMemory;
  }
}

}  // namespace lagoon
