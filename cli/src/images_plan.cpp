// SPDX-License-Identifier: Apache-2.0
// What `lagoon images` is to make of what: walks the folder, names the outputs, and refuses what would lose a file.
#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <deque>
#include <memory>
#include <set>
#include <system_error>

#include "exit_code.hpp"
#include "images.hpp"

namespace lagoon::cli {
namespace {

struct Ending {
  const char* ending;
  const char* format;
};
constexpr std::array kEndings = {Ending{"jpg", "jpeg"}, Ending{"jpeg", "jpeg"}, Ending{"jpe", "jpeg"},
                                 Ending{"png", "png"},  Ending{"tif", "tiff"},  Ending{"tiff", "tiff"},
                                 Ending{"webp", "webp"}};

using Identity = std::pair<dev_t, ino_t>;

std::string why(int error) { return std::generic_category().message(error); }

Identity identity(const struct stat& s) { return {s.st_dev, s.st_ino}; }

Look look_of(const struct stat& s) {
  return {static_cast<std::uint64_t>(s.st_size), std::int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec};
}

/// Where the ending begins, at its dot; the length of the name when there is none.
std::size_t dot_of(const std::string& name) {
  const std::size_t slash = name.rfind('/'), dot = name.rfind('.');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return dot == std::string::npos || dot <= begin ? name.size() : dot;
}

/// The name with an ending of the format; one that has it keeps it as it is written.
std::string named_for(const std::string& name, const std::string& format) {
  if (format.empty() || format_by_name(name) == format) return name;
  const std::string stem = format_by_name(name).empty() ? name : name.substr(0, dot_of(name));
  return stem + (format == "jpeg" ? ".jpg" : format == "tiff" ? ".tif" : "." + format);
}

std::string base_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Real folders first and links to folders afterwards, each folder once: a link that leads back finds it visited.
class Walk {
 public:
  Walk(Plan& plan, const StopControl& stop) : plan_(plan), stop_(stop) {}

  /// throws  not_found, permission_denied: the folder itself cannot be listed
  void run(const struct stat& root, const struct stat* not_into) {
    if (not_into) seen_.insert(identity(*not_into));
    seen_.insert(identity(root));
    if (const int error = list("")) throw Error(Errc::permission_denied, plan_.in_folder + ": " + why(error));
    while (!folders_.empty() || !links_.empty()) {
      if (stop_.reason() != Errc::ok) throw Error(stop_.reason(), "looking for photographs was ended");
      auto& from = folders_.empty() ? links_ : folders_;
      const std::string name = std::move(from.front());
      const bool link = &from == &links_;
      from.pop_front();
      struct stat there {};
      if (::stat((plan_.in_folder + name).c_str(), &there) != 0) {
        plan_.unreadable.push_back({name, why(errno)});
      } else if (!seen_.insert(identity(there)).second) {
        plan_.links += link;
      } else if (const int error = list(name + "/")) {
        plan_.unreadable.push_back({name + "/", why(error)});
      }
    }
  }

 private:
  /// returns  an errno, or 0
  int list(const std::string& folder) {
    struct Close {
      void operator()(DIR* d) const { ::closedir(d); }
    };
    const std::unique_ptr<DIR, Close> open(::opendir((plan_.in_folder + folder).c_str()));
    if (!open) return errno;
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(open.get()))  // NOLINT(concurrency-mt-unsafe): a stream of its own
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);  // hidden ones, and . and ..
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) take(folder + name);
    return 0;
  }

  void take(const std::string& name) {
    const std::string path = plan_.in_folder + name;
    struct stat itself {
    }, there{};
    if (::lstat(path.c_str(), &itself) != 0) return;  // gone since it was listed
    if (::stat(path.c_str(), &there) != 0) {
      if (!format_by_name(name).empty()) plan_.unreadable.push_back({name, why(errno)});
    } else if (S_ISDIR(there.st_mode)) {
      (S_ISLNK(itself.st_mode) ? links_ : folders_).push_back(name);
    } else if (S_ISREG(there.st_mode) && !format_by_name(name).empty()) {
      plan_.photographs.push_back({name, "", look_of(there)});
    } else {
      ++plan_.passed_over;
    }
  }

  Plan& plan_;
  const StopControl& stop_;
  std::deque<std::string> folders_, links_;
  std::set<Identity> seen_;
};

/// throws  invalid_argument: two photographs would become one file, or one would replace what is read
void refuse_losses(const Plan& plan) {
  std::unordered_map<std::string, const Photograph*> made;
  std::set<Identity> inputs;
  struct stat there {};
  for (const Photograph& p : plan.photographs) {
    const auto [other, fresh] = made.emplace(p.output, &p);
    if (!fresh)
      throw Error(Errc::invalid_argument, fmt::format("{} and {} would both become {}; nothing was written",
                                                      other->second->name, p.name, p.output));
    if (::stat(plan.input_path(p).c_str(), &there) == 0) inputs.insert(identity(there));
  }
  for (const Photograph& p : plan.photographs) {
    const std::string output = plan.output_path(p);
    if (::stat(output.c_str(), &there) != 0) continue;
    if (S_ISDIR(there.st_mode))
      throw Error(Errc::invalid_argument, fmt::format("{}: {} would become this, which is a folder", output, p.name));
    if (inputs.contains(identity(there)))
      throw Error(Errc::invalid_argument,
                  fmt::format("{}: {} would be written over an input; nothing was written", output, p.name));
  }
}

Plan plan_of_file(const ImagesCommand& c, const struct stat& in) {
  Plan plan;
  plan.one_file = true;
  struct stat out {};
  const bool into_folder = c.out.ends_with('/') || (::stat(c.out.c_str(), &out) == 0 && S_ISDIR(out.st_mode));
  if (into_folder) plan.out_folder = c.out.ends_with('/') ? c.out : c.out + "/";
  const std::string output = into_folder ? named_for(base_of(c.in), c.encoding.format) : c.out;
  if (c.encoding.format.empty() && format_by_name(output).empty())
    throw Error(Errc::invalid_argument,
                fmt::format("{}: the ending says no format; say it with --format jpeg, png, tiff or webp", output));
  plan.photographs.push_back({c.in, output, look_of(in)});
  return plan;
}

Plan plan_of_folder(const ImagesCommand& c, const struct stat& in, const StopControl& stop) {
  Plan plan;
  plan.in_folder = c.in.ends_with('/') ? c.in : c.in + "/";
  plan.out_folder = c.out.ends_with('/') ? c.out : c.out + "/";
  struct stat out {};
  const bool there = ::stat(c.out.c_str(), &out) == 0;
  if (there && !S_ISDIR(out.st_mode))
    throw Error(Errc::invalid_argument, c.out + ": it is a file; what is made of a folder goes to a folder");
  if (there && identity(out) == identity(in))
    throw Error(Errc::invalid_argument, c.out + ": it is the folder that is read; OUT must be another");
  Walk(plan, stop).run(in, there ? &out : nullptr);
  std::sort(plan.photographs.begin(), plan.photographs.end(),
            [](const Photograph& a, const Photograph& b) { return a.name < b.name; });
  for (Photograph& p : plan.photographs) p.output = named_for(p.name, c.encoding.format);
  if (plan.photographs.empty() && plan.unreadable.empty())
    throw Error(
        Errc::not_found,
        fmt::format("{}: there are no photographs in it ({} other files; jpg, jpeg, png, tif, tiff and webp are "
                    "looked for)",
                    c.in, plan.passed_over));
  return plan;
}

}  // namespace

std::string format_by_name(const std::string& name) {
  const std::size_t dot = dot_of(name);
  if (dot == name.size()) return "";
  std::string ending = name.substr(dot + 1);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Ending& e : kEndings)
    if (ending == e.ending) return e.format;
  return "";
}

bool look_at(const std::string& path, Look& look) {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) return false;
  look = look_of(there);
  return true;
}

Plan plan_images(const ImagesCommand& command, const StopControl& stop) {
  struct stat in {};
  if (::stat(command.in.c_str(), &in) != 0) {
    const int error = errno;
    throw Error(error == EACCES ? Errc::permission_denied : Errc::not_found, command.in + ": " + why(error));
  }
  if (command.out.empty()) throw UsageError("images: OUT is empty");
  Plan plan = S_ISDIR(in.st_mode) ? plan_of_folder(command, in, stop) : plan_of_file(command, in);
  refuse_losses(plan);
  return plan;
}

}  // namespace lagoon::cli
