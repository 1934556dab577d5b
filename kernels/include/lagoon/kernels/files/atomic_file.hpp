// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lagoon::files {

/// Writes a file that appears under its name complete or not at all: another process sees the old one until commit().
///
///   AtomicFile file("report.html");
///   file.write(text);
///   file.commit();              // on disk, then renamed; without it nothing of that name is touched
///
/// The bytes are gathered in a file without a name (a hidden one beside it where that cannot be). A device or pipe
/// ("/dev/stdout") is written directly, since it cannot be replaced; a symbolic link keeps pointing where it does.
///   throws  not_found (folder), permission_denied, resource_exhausted (disk full), naming the file; the same for all
///           members
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  /// Removes what was written when commit() was not reached.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  void flush();
  void give_name();
  [[noreturn]] void fail(const char* what, int error) const;

  std::string path_, target_, temporary_, buffer_;
  int descriptor_ = -1;
  bool regular_ = false;  // to be renamed; a device or pipe otherwise
};

}  // namespace lagoon::files
