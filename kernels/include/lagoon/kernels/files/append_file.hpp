// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lagoon::files {

/// A file that grows while others may look at it, one whole piece at a time: what a full disk cuts off is taken back.
///
///   AppendFile file("run.xyz", AppendFile::Begin::empty);
///   file.append(frame);      // all of it, or the file is as it was
///   file.sync();             // and on disk
///
///   throws  not_found (folder), permission_denied, resource_exhausted (disk full), naming the file; all members
class AppendFile {
 public:
  enum class Begin { empty, as_it_is };
  AppendFile(std::string path, Begin begin);
  ~AppendFile();
  AppendFile(AppendFile&& other) noexcept;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  AppendFile& operator=(AppendFile&&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::size_t size() const noexcept { return size_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }

  void append(std::string_view bytes);
  /// Replaces bytes that are there; fails on a pipe.
  void overwrite(std::size_t begin, std::string_view bytes);
  void truncate(std::size_t size);
  void sync();
  /// Reports what network file systems report late; once closed, nothing may be written.
  void close();

 private:
  [[noreturn]] void fail(int error) const;
  void check_open() const;

  std::string path_;
  int descriptor_ = -1;
  std::size_t size_ = 0;
  bool regular_ = false;  // a device or pipe otherwise, where nothing is taken back
};

}  // namespace lagoon::files
