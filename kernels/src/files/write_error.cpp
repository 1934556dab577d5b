// SPDX-License-Identifier: Apache-2.0
#include "write_error.hpp"

#include <cerrno>
#include <lagoon/core/error.hpp>
#include <system_error>

namespace lagoon::files {

void throw_write_error(const std::string& path, const std::string& folder, const char* what, int error) {
  Errc code = Errc::unknown;
  std::string why = std::generic_category().message(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      code = Errc::not_found;
      why = "no folder " + folder;
      break;
    case EACCES:
    case EPERM:
    case EROFS: code = Errc::permission_denied; break;
    case EISDIR:
      code = Errc::invalid_argument;
      why = "it is a folder";
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: code = Errc::resource_exhausted; break;
    default: break;
  }
  throw Error(code, std::string(what) + " " + path + ": " + why);
}

}  // namespace lagoon::files
