// SPDX-License-Identifier: Apache-2.0
#include "csv_error.hpp"

namespace lagoon::files {

void fail_at(Errc code, const std::string& file, std::size_t line, const std::string& what) {
  const std::string number = std::to_string(line);
  throw Error(Status(code, file + ":" + number + ": " + what).with_detail("file", file).with_detail("line", number));
}

std::string grouped(std::size_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string counted(std::size_t n, const char* singular) { return grouped(n) + " " + singular + (n == 1 ? "" : "s"); }

}  // namespace lagoon::files
