// SPDX-License-Identifier: Apache-2.0
#include "lines.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/stop.hpp>

#include "csv_error.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::size_t kLongestLine = 16 << 20;  // a file without line feeds shall not be taken into memory whole

}  // namespace

bool Lines::next() {
  if (end_ >= source_->size()) {
    at_ = line_.size();
    return false;
  }
  begin_ = end_;
  ++number_;
  at_ = 0;
  for (std::size_t piece = kPiece, seen = 0;; piece *= 2) {
    const std::size_t skipped = begin_ - window_begin_;
    const std::string_view rest = skipped < window_.size() ? window_.substr(skipped) : std::string_view();
    const std::size_t feed = rest.find('\n', seen);
    const bool last = begin_ + rest.size() == source_->size();
    if (feed != std::string_view::npos || last) {
      complete_ = feed != std::string_view::npos;
      line_ = rest.substr(0, feed);
      end_ = begin_ + line_.size() + (complete_ ? 1 : 0);
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      return true;
    }
    if (rest.size() >= kLongestLine)
      fail("a line of more than " + grouped(kLongestLine) + " bytes", Errc::resource_exhausted);
    seen = rest.size();
    while (piece <= seen) piece *= 2;
    throw_if_stopped();
    window_ = source_->read(begin_, std::min(begin_ + piece, source_->size()), scratch_);
    window_begin_ = begin_;
  }
}

bool Lines::next_filled() {
  while (next())
    if (has_word()) return true;
  return false;
}

std::string_view Lines::cut(char mark) noexcept {
  const std::size_t at = line_.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view behind = line_.substr(at + 1);
  line_ = line_.substr(0, at);
  at_ = std::min(at_, line_.size());
  return behind;
}

double Lines::real(const char* what, double unit) {
  const std::string_view w = word();
  double value = 0;
  if (w.empty()) fail(std::string("the line ends before ") + what);
  if (!parse_number(w, value) || !std::isfinite(value * unit)) fail(in_quotes(w) + " in place of " + what);
  return value * unit;
}

std::int64_t Lines::integer(const char* what, std::int64_t lowest, std::int64_t highest) {
  const std::string_view w = word();
  std::int64_t value = 0;
  if (w.empty()) fail(std::string("the line ends before ") + what);
  if (!parse_integer(w, value)) fail(in_quotes(w) + " in place of " + what);
  if (value < lowest || value > highest)
    fail(std::string(what) + " is " + std::to_string(value) + "; " + std::to_string(lowest) + " to " +
         std::to_string(highest) + " is allowed");
  return value;
}

void Lines::fail(const std::string& what, Errc code) const {
  fail_at(code, source_->name(), std::max<std::size_t>(number_, 1), what);
}

}  // namespace lagoon::files
