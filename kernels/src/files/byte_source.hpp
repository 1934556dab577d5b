// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <lagoon/core/tensor.hpp>
#include <limits>
#include <string>
#include <string_view>

namespace lagoon::files {

/// What may come out of a pipe or a device, which does not tell how much it has: /dev/zero never ends.
struct TakeRules {
  std::size_t most = std::numeric_limits<std::size_t>::max();  ///< bytes
  std::function<void(std::string_view)> look{};                ///< throws if a file cannot begin so; 64 bytes or all
};

/// The bytes of a file, or of a text in memory, read in pieces from any thread.
///
/// A file is read with pread and not mapped: reading past the end of a mapped file that somebody shortens kills the
/// process, and pieces of 1 MiB stay in the cache between copy and parse. What cannot be read twice (a pipe) is taken
/// into the memory of this call first.
class ByteSource {
 public:
  /// throws  not_found, permission_denied, invalid_argument (a folder), resource_exhausted (more than the rules let),
  ///         naming the file
  static ByteSource open(const std::string& path, const TakeRules& rules = {});
  static ByteSource over(std::string_view text, std::string name);
  ByteSource(ByteSource&& other) noexcept;
  ~ByteSource();

  const std::string& name() const noexcept { return name_; }
  std::size_t size() const noexcept { return size_; }

  /// Bytes [begin, end): in place when they are in memory, in `scratch` otherwise, which grows as needed.
  ///   throws  data_loss when the file has become shorter; cancelled, deadline_exceeded
  std::string_view read(std::size_t begin, std::size_t end, Tensor<char, 1>& scratch) const;

 private:
  ByteSource() = default;
  void take_all(const TakeRules& rules);

  std::string name_;
  std::size_t size_ = 0;
  int descriptor_ = -1;    // -1: in memory
  Tensor<char, 1> taken_;  // what came out of a pipe
  const char* text_ = nullptr;
};

/// Opens for reading, or throws what ByteSource::open throws. The caller closes.
int open_for_reading(const std::string& path);

}  // namespace lagoon::files
