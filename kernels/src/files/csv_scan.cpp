// SPDX-License-Identifier: Apache-2.0
#include "csv_scan.hpp"

#include <lagoon/engine/parallel.hpp>

#include <algorithm>
#include <cstring>

#include "csv_error.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// One block: what can be said of its lines without knowing how the first begins and the last ends.
struct Block {
  std::size_t newlines = 0;
  std::size_t rows = 0;  // lines that begin and end in it and are not blank
  std::size_t first_newline = kNone;
  bool head_blank = true;  // what stands before the first newline
  bool tail_blank = true;  // what stands behind the last one
  bool quotes = false;
  std::size_t nul = kNone;
  std::size_t nul_lines = 0;   // newlines before it
  std::size_t nul_column = 0;  // bytes before it in its line
};

bool blank(const char* begin, const char* end, const CellRules& rules) {
  return std::all_of(begin, end, [&](char c) { return rules.is_space(c); });
}

Block look(std::string_view text, const Dialect& dialect) {
  Block b;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  b.quotes = std::memchr(begin, '"', text.size()) != nullptr;
  if (const void* nul = std::memchr(begin, '\0', text.size())) {
    const std::string_view before(begin, static_cast<std::size_t>(static_cast<const char*>(nul) - begin));
    b.nul = before.size();
    b.nul_lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), dialect.newline));
    b.nul_column = before.size() - (before.rfind(dialect.newline) + 1);  // npos + 1 is 0
  }
  const char* line = begin;
  while (line < end) {
    const void* found = std::memchr(line, dialect.newline, static_cast<std::size_t>(end - line));
    const char* stop = found ? static_cast<const char*>(found) : end;
    const bool is_blank = blank(line, stop, dialect.cells);
    if (b.newlines == 0) b.head_blank = is_blank;
    if (!found) {
      b.tail_blank = is_blank;
      break;
    }
    if (b.newlines++ == 0)
      b.first_newline = static_cast<std::size_t>(stop - begin);
    else
      b.rows += !is_blank;
    line = stop + 1;
  }
  return b;
}

}  // namespace

void ProgressMeter::begin(std::string_view stage) {
  stage_ = stage;
  done_ = 0;
  add(0);
}

void ProgressMeter::add(std::size_t bytes) {
  done_.fetch_add(bytes, std::memory_order_relaxed);
  if (!callback_) return;
  std::unique_lock lock(mutex_, std::try_to_lock);  // whoever holds it reports for us, one piece behind
  if (lock) callback_({stage_, std::min(total_, done_.load(std::memory_order_relaxed)), total_});
}

Scan scan_rows(const ByteSource& source, const Dialect& dialect, std::size_t piece, bool parallel,
               ProgressMeter& progress) {
  const std::size_t bytes = source.size() - dialect.body;
  std::vector<Block> blocks((bytes + piece - 1) / piece);
  auto begin_of = [&](std::size_t k) { return dialect.body + k * piece; };
  parallel_for(static_cast<std::ptrdiff_t>(blocks.size()), {1, parallel}, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    Tensor<char, 1> scratch;
    for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
      const std::size_t end = std::min(source.size(), begin_of(k + 1));
      blocks[k] = look(source.read(begin_of(k), end, scratch), dialect);
      progress.add(end - begin_of(k));
    }
  });

  Scan scan;
  Segment open{dialect.body, 0, dialect.body_line, 0};
  std::size_t lines = dialect.body_line;  // number of the line that is open
  std::size_t column = 0;                 // bytes of it so far
  bool open_blank = true;
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Block& b = blocks[k];
    const std::size_t size = std::min(source.size(), begin_of(k + 1)) - begin_of(k);
    scan.quotes |= b.quotes;
    if (b.nul != kNone)
      fail_at(Errc::invalid_argument, source.name(), lines + b.nul_lines,
              "byte " + grouped((b.nul_lines ? 0 : column) + b.nul_column + 1) +
                  " of the line is NUL; this is no text file");
    open_blank = open_blank && b.head_blank;
    if (b.newlines == 0) {
      column += size;
      continue;
    }
    scan.rows += !open_blank;
    const std::size_t cut = begin_of(k) + b.first_newline + 1;
    open.end = cut;
    scan.segments.push_back(open);
    open = {cut, 0, lines + 1, scan.rows};
    scan.rows += b.rows;
    lines += b.newlines;
    open_blank = b.tail_blank;
    column = 0;
  }
  scan.rows += !open_blank;
  open.end = source.size();
  if (open.begin < open.end) scan.segments.push_back(open);
  return scan;
}

}  // namespace lagoon::files
