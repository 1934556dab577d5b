// SPDX-License-Identifier: Apache-2.0
#include "byte_file.hpp"

#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace lagoon::cli {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Errc::not_found, path + ": no such file, or one that you may not read");
  std::stringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Frozen<std::uint8_t, 1> read_bytes(const std::string& path) {
  const std::string text = read_text(path);
  Tensor<std::uint8_t, 1> bytes({static_cast<std::ptrdiff_t>(text.size())});
  std::copy(text.begin(), text.end(), bytes.data());
  return std::move(bytes).freeze();
}

void write_bytes(const std::string& path, const Frozen<std::uint8_t, 1>& bytes) {
  const auto whole = Tensor<std::uint8_t, 1>::copy_of(bytes.view());
  files::AtomicFile file(path);
  file.write(whole.data(), whole.bytes());
  file.commit();
}

}  // namespace lagoon::cli
