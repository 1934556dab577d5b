// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/matrix_market.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <system_error>

#include "byte_source.hpp"
#include "csv_error.hpp"
#include "words.hpp"

namespace lagoon::files {
namespace {

/// Words of a text, over ends of lines and comments, with the number of their line.
class Words {
 public:
  Words(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const { fail_at(Errc::invalid_argument, name_, line_, what); }

  /// The rest of this line, and on to the next.
  std::string_view rest_of_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view rest = text_.substr(at_, end - at_);
    at_ = end;
    return rest;
  }

  /// The next word, or none at the end.
  std::string_view next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        ++at_;
        begins_line_ = true;
      } else if (c == '%' && begins_line_) {
        rest_of_line();
      } else if (is_space(c)) {
        ++at_;
      } else {
        begins_line_ = false;
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] != '\n' && !is_space(text_[at_])) ++at_;
        return text_.substr(begin, at_ - begin);
      }
    }
    return {};
  }

  std::ptrdiff_t count(const char* what) {
    const std::string_view word = next();
    std::ptrdiff_t n = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n);
    if (word.empty()) fail(std::string("the file ends before ") + what);
    if (error != std::errc() || end != word.data() + word.size() || n < 0)
      fail(in_quotes(word) + " in place of " + what);
    return n;
  }

  double number(const char* what) {
    const std::string_view word = next();
    if (word.empty()) fail(std::string("the file ends before ") + what);
    double value = 0;
    if (!parse_number(word, value)) fail(in_quotes(word) + " in place of " + what);
    return value;
  }

 private:
  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0, line_ = 1;
  bool begins_line_ = true;
};

struct Header {
  bool coordinate = false, pattern = false, symmetric = false, skew = false;
};

Header read_header(Words& words) {
  std::string_view line = words.rest_of_line();
  std::array<std::string, 5> fields;
  for (std::string& field : fields) {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    const auto end = std::find_if(line.begin(), line.end(), is_space);
    const auto length = static_cast<std::size_t>(end - line.begin());
    field = lower(line.substr(0, length));
    line.remove_prefix(length);
  }
  const auto& [banner, object, format, field, symmetry] = fields;
  if (banner != "%%matrixmarket") words.fail("no Matrix Market file: it begins with " + in_quotes(fields[0]));
  if (object != "matrix") words.fail(in_quotes(object) + " is no matrix");
  if (format != "array" && format != "coordinate")
    words.fail("format " + in_quotes(format) + " is not known; array and coordinate are");
  if (field != "real" && field != "double" && field != "integer" && field != "pattern")
    words.fail("numbers of type " + in_quotes(field) + " are not read; real, integer and pattern are");
  if (symmetry != "general" && symmetry != "symmetric" && symmetry != "skew-symmetric")
    words.fail("symmetry " + in_quotes(symmetry) + " is not read; general, symmetric and skew-symmetric are");
  const Header h{format == "coordinate", field == "pattern", symmetry == "symmetric", symmetry == "skew-symmetric"};
  if (h.pattern && !h.coordinate) words.fail("a pattern has no numbers, so it cannot be an array");
  return h;
}

void check_size(const Words& words, const std::string& name, std::ptrdiff_t rows, std::ptrdiff_t columns,
                const Header& header, std::ptrdiff_t max_elements) {
  if ((header.symmetric || header.skew) && rows != columns)
    words.fail("a symmetric matrix of " + std::to_string(rows) + "x" + std::to_string(columns) + "; it must be square");
  // Each alone as well: no loop over the columns of a matrix without rows may take for ever.
  if (std::max(rows, columns) > max_elements || (columns != 0 && rows > max_elements / columns))
    throw Error(Errc::resource_exhausted, name + ": a dense matrix of " + std::to_string(rows) + "x" +
                                              std::to_string(columns) + " has more than the " +
                                              grouped(static_cast<std::size_t>(max_elements)) +
                                              " elements that are allowed");
}

void poll(std::ptrdiff_t k) {
  if ((k & 0xFFFF) == 0) throw_if_stopped();
}

Tensor<double, 2> read_array(Words& words, const std::string& name, const Header& header, std::size_t bytes,
                             std::ptrdiff_t max_elements) {
  const std::ptrdiff_t rows = words.count("the number of rows"), columns = words.count("the number of columns");
  check_size(words, name, rows, columns, header, max_elements);
  const bool half = header.symmetric || header.skew;
  const std::ptrdiff_t numbers = half ? (rows + (header.skew ? -1 : 1)) * rows / 2 : rows * columns;
  // Each takes a digit and a space. This is looked at before memory is, so that a header cannot ask for what is not
  // there.
  if (numbers > 0 && static_cast<std::size_t>(numbers) > bytes / 2 + 1)
    words.fail(std::to_string(rows) + "x" + std::to_string(columns) + " numbers do not fit into " + grouped(bytes) +
               " bytes");
  Tensor<double, 2> a({rows, columns});
  std::ptrdiff_t k = 0;
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    const std::ptrdiff_t first = header.skew ? j + 1 : header.symmetric ? j : 0;
    if (header.skew) a(j, j) = 0;
    for (std::ptrdiff_t i = first; i < rows; ++i) {
      poll(k++);
      a(i, j) = words.number("a number");
      if (half) a(j, i) = header.skew ? -a(i, j) : a(i, j);
    }
  }
  return a;
}

Tensor<double, 2> read_coordinates(Words& words, const std::string& name, const Header& header,
                                   std::ptrdiff_t max_elements) {
  const std::ptrdiff_t rows = words.count("the number of rows"), columns = words.count("the number of columns");
  const std::ptrdiff_t entries = words.count("the number of entries");
  check_size(words, name, rows, columns, header, max_elements);
  auto a = Tensor<double, 2>::zeros({rows, columns});
  const auto index = [&](const char* what, std::ptrdiff_t extent) {
    const std::ptrdiff_t i = words.count(what);
    if (i < 1 || i > extent)
      words.fail(std::string(what) + " is " + std::to_string(i) + "; the matrix has 1 to " + std::to_string(extent));
    return i - 1;
  };
  for (std::ptrdiff_t k = 0; k < entries; ++k) {
    poll(k);
    const std::ptrdiff_t i = index("a row", rows), j = index("a column", columns);
    const double value = header.pattern ? 1 : words.number("a number");
    if ((header.symmetric || header.skew) && i < j)
      words.fail("entry " + std::to_string(i + 1) + ", " + std::to_string(j + 1) +
                 " lies above the diagonal of a symmetric matrix");
    if (header.skew && i == j) words.fail("entry " + std::to_string(i + 1) + " on the diagonal of a skew matrix");
    a(i, j) += value;
    if (i != j && header.symmetric) a(j, i) += value;
    if (header.skew) a(j, i) -= value;
  }
  return a;
}

}  // namespace

Tensor<double, 2> parse_matrix_market(std::string_view text, const std::string& name, std::ptrdiff_t max_elements) {
  Words words(text, name);
  const Header header = read_header(words);
  auto a = header.coordinate ? read_coordinates(words, name, header, max_elements)
                             : read_array(words, name, header, text.size(), max_elements);
  if (const auto more = words.next(); !more.empty()) words.fail(in_quotes(more) + " after the last number");
  return a;
}

Tensor<double, 2> read_matrix_market(const std::string& path, std::ptrdiff_t max_elements) {
  const ByteSource source = ByteSource::open(path);
  Tensor<char, 1> scratch;
  return parse_matrix_market(source.read(0, source.size(), scratch), path, max_elements);
}

void write_matrix_market(const std::string& path, View<const double, 2> a, const MatrixMarketOptions& options) {
  const std::ptrdiff_t rows = a.extent(0), columns = a.extent(1);
  const auto differ = [&](std::ptrdiff_t i, std::ptrdiff_t j) {
    return std::isnan(a(i, j)) ? !std::isnan(a(j, i)) : a(i, j) != a(j, i);
  };
  const std::string shape = std::to_string(rows) + "x" + std::to_string(columns);
  if (options.symmetric && rows != columns)
    throw Error(Errc::invalid_argument, path + ": the matrix is " + shape + "; a symmetric one is square");
  std::ptrdiff_t entries = 0;
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    throw_if_stopped();
    for (std::ptrdiff_t i = options.symmetric ? j : 0; i < rows; ++i) {
      if (options.symmetric && differ(i, j))
        throw Error(Errc::invalid_argument, path + ": the matrix is not symmetric in row " + std::to_string(i) +
                                                ", column " + std::to_string(j));
      entries += a(i, j) != 0;
    }
  }
  AtomicFile file(path);
  std::string text = std::string("%%MatrixMarket matrix ") + (options.coordinate ? "coordinate" : "array") + " real " +
                     (options.symmetric ? "symmetric" : "general") + "\n" + std::to_string(rows) + " " +
                     std::to_string(columns) + (options.coordinate ? " " + std::to_string(entries) : "") + "\n";
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    throw_if_stopped();
    for (std::ptrdiff_t i = options.symmetric ? j : 0; i < rows; ++i) {
      if (options.coordinate && a(i, j) == 0) continue;
      if (options.coordinate) text += std::to_string(i + 1) + " " + std::to_string(j + 1) + " ";
      append_number(text, a(i, j));
      text += '\n';
      if (text.size() < 1 << 16) continue;
      file.write(text);
      text.clear();
    }
  }
  file.write(text);
  file.commit();
}

}  // namespace lagoon::files
