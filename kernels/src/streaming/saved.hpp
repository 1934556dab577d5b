// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/string.hpp>
#include <lagoon/core/fields.hpp>
#include <lagoon/kernels/streaming/watcher.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "files/sealed.hpp"

namespace lagoon::streaming {

// Found by cereal through the namespace of their arguments.
template <class Archive>
void serialize(Archive& archive, DetectorOptions& o) {
  for_each_field(o, [&](std::string_view, auto& value) { archive(value); });
}
template <class Archive>
void serialize(Archive& archive, WatcherOptions& o) {
  for_each_field(o, [&](std::string_view, auto& value) { archive(value); });
}

namespace detail {

/// What `write` gives an archive, sealed.
template <class F>
std::string saved(const files::Seal& seal, F&& write) {
  std::ostringstream out;
  {
    cereal::PortableBinaryOutputArchive archive(out);
    write(archive);
  }
  return files::sealed(seal, out.view());
}

/// Lets `read` take out of an archive what `saved` put in.
///   name    for errors
///   throws  what files::unsealed throws
template <class F>
void restore(const files::Seal& seal, std::string_view bytes, const std::string& name, F&& read) {
  std::istringstream in{std::string(files::unsealed(seal, bytes, name))};
  try {
    cereal::PortableBinaryInputArchive archive(in);
    read(archive);
  } catch (const cereal::Exception&) {
    files::broken_seal(seal, name, "the " + std::string(seal.kind) + " ends too early");
  }
}

}  // namespace detail
}  // namespace lagoon::streaming
