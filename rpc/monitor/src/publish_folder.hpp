// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/un.h>

#include <string>

namespace lagoon::detail {

/// A descriptor with an end.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) noexcept : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const noexcept { return number_; }
  int release() noexcept;

 private:
  int number_;
};

/// Is the folder this user's alone? It must be made before, or be missing (then false).
///   throws  permission_denied
bool check_folder(const std::string& folder);
/// throws  invalid_argument: too long
sockaddr_un address_of(const std::string& path);
/// Connects without waiting; negative and errno when nobody listens.
Descriptor try_connect(const std::string& path);
/// Is the process at the other end this user's?
bool same_user(int descriptor) noexcept;

}  // namespace lagoon::detail
