// SPDX-License-Identifier: Apache-2.0
#include "exit_code.hpp"

namespace lagoon::cli {

Exit exit_of(Errc code) noexcept {
  switch (code) {
    case Errc::ok: return Exit::ok;
    case Errc::cancelled: return Exit::interrupted;
    case Errc::resource_exhausted:
    case Errc::deadline_exceeded: return Exit::limit;
    case Errc::invalid_argument:
    case Errc::not_found:
    case Errc::permission_denied:
    case Errc::already_exists:
    case Errc::out_of_range:
    case Errc::data_loss: return Exit::input;
    default: return Exit::failed;
  }
}

}  // namespace lagoon::cli
