// SPDX-License-Identifier: Apache-2.0
// OUT/.lagoon-images: lines of
//   made FINGERPRINT BYTES-IN TIME-IN BYTES-OUT TIME-OUT NAME      (times in nanoseconds; NAME with % for odd bytes)
//   recipe FINGERPRINT JSON                                        (for people)
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "images.hpp"

namespace lagoon::cli {
namespace {

/// FNV-1a, 64 bits: enough to tell a person's recipes apart.
std::string fingerprint_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

/// A name may hold any byte but 0; in the record it stays on its line.
std::string on_one_line(const std::string& name) {
  std::string text;
  for (const char c : name) {
    if (c == '%' || static_cast<unsigned char>(c) < 0x20)
      text += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      text += c;
  }
  return text;
}

void write_line(int descriptor, const std::string& line, const std::string& path) {
  // One system call a line: runs that are killed, and two at once, leave whole lines.
  if (::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
  throw Error(Errc::resource_exhausted, path + ": cannot be written: " + std::generic_category().message(errno));
}

}  // namespace

ImagesRecord::ImagesRecord(const std::string& folder, const std::string& recipe)
    : path_(folder + ".lagoon-images"), recipe_(recipe), fingerprint_(fingerprint_of(recipe)) {}

ImagesRecord::~ImagesRecord() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void ImagesRecord::read() {
  std::ifstream file(path_);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind, name;
    Made made;
    words >> kind >> made.recipe >> made.in.bytes >> made.in.modified >> made.out.bytes >> made.out.modified;
    if (kind != "made" || !words || words.get() != ' ') continue;
    std::getline(words, name);
    made_[std::move(name)] = std::move(made);  // the last line is the truth
  }
}

bool ImagesRecord::up_to_date(const Plan& plan, const Photograph& p) const {
  const auto made = made_.find(on_one_line(p.output));
  Look now;
  return made != made_.end() && made->second.recipe == fingerprint_ && made->second.in == p.look &&
         look_at(plan.output_path(p), now) && made->second.out == now && now.modified >= p.look.modified;
}

void ImagesRecord::open() {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) {
    const int error = errno;
    const Errc code = error == EACCES || error == EPERM || error == EROFS ? Errc::permission_denied
                      : error == ENOSPC || error == EDQUOT                ? Errc::resource_exhausted
                                                                          : Errc::unknown;
    throw Error(code, path_ + ": cannot be written: " + std::generic_category().message(error));
  }
  // A line that a full disk has cut is ended before the next.
  write_line(descriptor_, fmt::format("\nrecipe {} {}\n", fingerprint_, recipe_), path_);
}

void ImagesRecord::note(const Plan& plan, const Photograph& p) const {
  Look out;
  if (descriptor_ < 0 || !look_at(plan.output_path(p), out)) return;
  write_line(descriptor_,
             fmt::format("made {} {} {} {} {} {}\n", fingerprint_, p.look.bytes, p.look.modified, out.bytes,
                         out.modified, on_one_line(p.output)),
             path_);
}

}  // namespace lagoon::cli
