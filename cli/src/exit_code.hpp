// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/error.hpp>
#include <string>

namespace lagoon::cli {

/// How the command ends; scripts rely on these numbers.
enum class Exit : int {
  ok = 0,
  failed = 1,        ///< some items failed, or something that is nobody's fault here
  usage = 2,         ///< the command line
  input = 3,         ///< the file
  limit = 4,         ///< memory, time, disk
  interrupted = 130  ///< Ctrl-C, as shells say it
};

Exit exit_of(Errc code) noexcept;

/// What is wrong with the command line itself.
class UsageError : public Error {
 public:
  explicit UsageError(std::string message) : Error(Errc::invalid_argument, std::move(message)) {}
};

}  // namespace lagoon::cli
