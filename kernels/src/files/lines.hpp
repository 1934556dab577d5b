// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/error.hpp>
#include <limits>
#include <string>
#include <string_view>

#include "byte_source.hpp"
#include "words.hpp"

namespace lagoon::files {

/// Lines of a text, word by word, from a file of any size: only a piece of it is in memory.
///
///   Lines lines(source);
///   while (lines.next()) sum += lines.real("a mass");
///
/// Errors name file and line. A line and its words are valid until the next one is asked for.
class Lines {
 public:
  /// From byte `begin` of the source, which must outlive this; the first line counts as `first_line`.
  explicit Lines(const ByteSource& source, std::size_t begin = 0, std::size_t first_line = 1)
      : source_(&source), end_(begin), number_(first_line - 1) {}

  /// On to the next line; false at the end of the file, where the last line stays the current one.
  ///   throws  resource_exhausted (a line of more than 16 MiB), cancelled, deadline_exceeded, data_loss
  bool next();
  /// The same, over lines without words.
  bool next_filled();

  std::string_view line() const noexcept { return line_; }              ///< without its end
  std::size_t number() const noexcept { return number_; }               ///< of the current line, from 1
  std::size_t begin() const noexcept { return begin_; }                 ///< where it begins, bytes
  std::size_t end() const noexcept { return end_; }                     ///< where the next one begins, bytes
  std::size_t left() const noexcept { return source_->size() - end_; }  ///< bytes after it
  bool complete() const noexcept { return complete_; }                  ///< whether a line feed ends it

  /// The next word of this line; empty when there is none.
  std::string_view word() noexcept {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
    const std::size_t first = at_;
    while (at_ < line_.size() && !is_space(line_[at_])) ++at_;
    return line_.substr(first, at_ - first);
  }
  bool has_word() noexcept {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
    return at_ < line_.size();
  }

  /// The first letter of the next word; 0 when there is none.
  char peek() noexcept { return has_word() ? line_[at_] : '\0'; }

  /// Ends the line before the first such mark, and gives what stands behind it.
  std::string_view cut(char mark) noexcept;

  /// The next word as a number times `unit`, finite; `what` names it in the error.
  double real(const char* what, double unit = 1);
  std::int64_t integer(const char* what, std::int64_t lowest = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t highest = std::numeric_limits<std::int64_t>::max());

  /// Throws with file and line.
  [[noreturn]] void fail(const std::string& what, Errc code = Errc::invalid_argument) const;

 private:
  const ByteSource* source_;
  Tensor<char, 1> scratch_;
  std::string_view window_;                         // bytes from window_begin_
  std::size_t window_begin_ = 0, begin_ = 0, end_;  // end_: where the next line begins
  std::size_t number_, at_ = 0;
  bool complete_ = true;
  std::string_view line_;
};

}  // namespace lagoon::files
