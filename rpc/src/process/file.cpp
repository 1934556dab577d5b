// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <utility>

#include "region.hpp"

namespace lagoon::detail {

File::File(File&& other) noexcept : descriptor_(other.release()) {}

File& File::operator=(File&& other) noexcept {
  File taken(std::move(other));
  std::swap(descriptor_, taken.descriptor_);
  return *this;
}

File::~File() {
  // Not again after EINTR: Linux has closed it by then, and the number may be another thread's already.
  if (descriptor_ >= 0) ::close(descriptor_);
}

int File::release() noexcept { return std::exchange(descriptor_, -1); }

}  // namespace lagoon::detail
