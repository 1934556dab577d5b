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

Frozen<std::uint8_t, 1> read_bytes(const std::string& path, const MemoryHandle& memory) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) {  // a pipe, of which nobody knows how long it is
    const std::string text = read_text(path);
    Tensor<std::uint8_t, 1> bytes({static_cast<std::ptrdiff_t>(text.size())}, memory);
    std::copy(text.begin(), text.end(), bytes.data());
    return std::move(bytes).freeze();
  }
  Tensor<std::uint8_t, 1> bytes({static_cast<std::ptrdiff_t>(size)}, memory);
  file.seekg(0);
  if (size > 0 && !file.read(reinterpret_cast<char*>(bytes.data()), size))
    throw Error(Errc::data_loss, path + ": it cannot be read, or became shorter while it was");
  return std::move(bytes).freeze();
}

void write_bytes(const std::string& path, const Frozen<std::uint8_t, 1>& bytes) {
  const auto whole = bytes.view().is_contiguous() ? bytes : Tensor<std::uint8_t, 1>::copy_of(bytes.view()).freeze();
  files::AtomicFile file(path);
  file.write(whole.data(), whole.bytes());
  file.commit();
}

}  // namespace lagoon::cli
