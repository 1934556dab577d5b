// SPDX-License-Identifier: Apache-2.0
#include "csv_record.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "csv_error.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kWindow = 1 << 20;
constexpr std::size_t kGrowth = 4096;
constexpr std::size_t kLongestCell = 64 << 20;  // bytes; past that it is a quote that was never closed

int newline_only(unsigned char c) { return c == '\n'; }
int return_only(unsigned char c) { return c == '\r'; }
int space_or_return(unsigned char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

LineReader::LineReader(const ByteSource& source, std::size_t begin, char newline)
    : source_(source), newline_(newline), begin_(begin) {}

bool LineReader::next(std::string_view& line) {
  std::size_t searched = at_;
  for (std::size_t size = kWindow;; size *= 2) {
    const std::size_t unseen = window_.size() - searched;
    const void* found = unseen ? std::memchr(window_.data() + searched, newline_, unseen) : nullptr;
    const bool last = begin_ + window_.size() == source_.size();
    if (found || (last && at_ < window_.size())) {
      const std::size_t end =
          found ? static_cast<std::size_t>(static_cast<const char*>(found) - window_.data()) + 1 : window_.size();
      line = window_.substr(at_, end - at_);
      at_ = end;
      return true;
    }
    if (last) return false;
    searched = window_.size() - at_;
    begin_ += std::exchange(at_, 0);
    size = std::max(size, 2 * searched);
    window_ = source_.read(begin_, std::min(source_.size(), begin_ + size), scratch_);
  }
}

RecordReader::RecordReader(std::string file, char delimiter, char newline) : file_(std::move(file)) {
  csv_init(&parser_, 0);  // not strict: a quote inside an unquoted cell (5" pipe) stands for itself
  csv_set_blk_size(&parser_, kGrowth);
  csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
  // The carriage return of CRLF is a space at the end of a cell; within a row it ends nothing.
  csv_set_term_func(&parser_, newline == '\r' ? return_only : newline_only);
  csv_set_space_func(&parser_, space_or_return);
}

RecordReader::~RecordReader() { csv_free(&parser_); }

void RecordReader::on_cell(void* text, std::size_t size, void* self) noexcept {
  auto& r = *static_cast<RecordReader*>(self);
  try {
    r.text_.append(static_cast<const char*>(text), size);
    r.ends_.push_back(r.text_.size());
  } catch (const std::bad_alloc&) {
    r.out_of_memory_ = true;
  }
  r.touched_ = true;
}

void RecordReader::on_record(int, void* self) noexcept { static_cast<RecordReader*>(self)->ended_ = true; }

bool RecordReader::feed(std::string_view line, std::size_t number) {
  if (begun_on_ == 0) {
    begun_on_ = opened_on_ = number;
    text_.clear();
    ends_.clear();
  }
  touched_ = ended_ = false;
  const std::size_t taken = csv_parse(&parser_, line.data(), line.size(), on_cell, on_record, this);
  if (taken != line.size() || out_of_memory_)
    throw Error(Errc::resource_exhausted, file_ + ":" + std::to_string(number) + ": no memory for a row");
  pending_ = touched_ ? 0 : pending_ + line.size();
  if (touched_) opened_on_ = number;
  if (pending_ > kLongestCell) fail_open_quote("is not closed within 64 MiB");
  return take_record();
}

bool RecordReader::finish() {
  ended_ = false;
  constexpr int kInCell = 2;  // libcsv's FIELD_BEGUN; it tells of an open quote in strict mode only
  if (parser_.pstate == kInCell && parser_.quoted) fail_open_quote("is never closed");
  csv_fini(&parser_, on_cell, on_record, this);
  return take_record();
}

bool RecordReader::take_record() {
  if (!ended_) {
    // A blank line begins no record.
    if (ends_.empty() && parser_.pstate == 0) begun_on_ = 0;
    return false;
  }
  cells_.clear();
  std::size_t begin = 0;
  for (std::size_t end : ends_) {
    cells_.push_back(std::string_view(text_).substr(begin, end - begin));
    begin = end;
  }
  record_line_ = std::exchange(begun_on_, 0);
  pending_ = 0;
  return true;
}

void RecordReader::fail_open_quote(const char* why) const {
  fail_at(Errc::invalid_argument, file_, opened_on_, std::string("the quote that opens here ") + why);
}

}  // namespace lagoon::files
