// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "commands.hpp"

namespace lagoon::cli {

void Output::result(std::string_view text) {
  if (common_.out_file.empty()) return print(text);
  files::AtomicFile file(common_.out_file);
  file.write(text);
  file.commit();
}

void Output::item(std::string_view text) {
  if (common_.out_file.empty()) return print(text);
  if (!items_) items_ = std::make_unique<files::AtomicFile>(common_.out_file);
  items_->write(text);
}

void Output::end_items() {
  if (!items_ && !common_.out_file.empty()) items_ = std::make_unique<files::AtomicFile>(common_.out_file);
  if (items_) items_->commit();
  items_.reset();
}

void Output::print(std::string_view text) {
  progress_.make_way();
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      // A reader that has seen enough (lagoon ... | head) is no fault.
      if (errno == EPIPE) return;
      const Errc code = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? Errc::resource_exhausted : Errc::unknown;
      throw Error(code, "cannot write to standard output: " + std::generic_category().message(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void Output::note(std::string_view line) {
  if (!common_.quiet) progress_.say(line);
}

void Output::detail(std::string_view line) {
  if (common_.verbose > 0 && !common_.quiet) progress_.say(line);
}

}  // namespace lagoon::cli
