// SPDX-License-Identifier: Apache-2.0
// Any bytes as a CSV file: a table or a lagoon::Error, the same by one core and by many, the same after writing.
#include <lagoon/kernels/files/csv.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

using namespace lagoon::files;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::optional<Table> read(std::string_view text, const CsvOptions& options) {
  try {
    return parse_csv(text, options);
  } catch (const lagoon::Error&) {
    return std::nullopt;
  }
}

bool same(const lagoon::Frozen<double, 1>& a, const lagoon::Frozen<double, 1>& b) {
  if (a.size() != b.size()) return false;
  for (std::ptrdiff_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))) return false;
  return true;
}

}  // namespace

/// The first byte chooses options.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  CsvOptions options;
  options.header = choice & 1 ? Header::automatic : choice & 2 ? Header::yes : Header::no;
  options.delimiter = choice & 4 ? ';' : '\0';
  options.skip_rows = choice >> 3 & 3;
  options.decimal_point = choice & 32 ? ',' : '.';
  if (options.delimiter == options.decimal_point) return 0;
  options.parallel = false;
  if (choice & 64) options.times = {"column_1"};
  const auto one = read(text, options);
  options.parallel = true;
  const auto many = read(text, options);
  require(one.has_value() == many.has_value());
  if (!one) return 0;
  require(one->rows == many->rows && one->columns.size() == many->columns.size());
  for (std::size_t i = 0; i < one->columns.size(); ++i) {
    const Column& c = one->columns[i];
    require(c.name == many->columns[i].name && same(c.values, many->columns[i].values));
    require(c.values.size() == static_cast<std::ptrdiff_t>(one->rows) && c.missing <= one->rows);
    std::size_t missing = 0;
    for (std::ptrdiff_t k = 0; k < c.values.size(); ++k) missing += std::isnan(c.values[k]);
    require(missing == c.missing);
  }
  return 0;
}
