// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lagoon::cli {

/// A file that grows along a run, and can be taken up again at a byte of it.
///
///   AppendFile file("energies.csv", /*keep=*/0);   // what was there is gone
///   file.write(row);
///   file.sync();                                   // on disk
///
///   throws  not_found (folder), permission_denied, resource_exhausted (disk full), naming the file; the same for all
///           members
class AppendFile {
 public:
  /// keep  bytes of the file that stay; what follows them is cut off
  AppendFile(std::string path, std::uint64_t keep);
  /// Writes what is left to write; what goes wrong then is lost: call sync().
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void write(std::string_view bytes);
  void flush();
  void sync();
  /// Bytes of it, with those still to be written.
  std::uint64_t size() const noexcept { return size_; }

 private:
  [[noreturn]] void fail(int error) const;

  std::string path_, buffer_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace lagoon::cli
