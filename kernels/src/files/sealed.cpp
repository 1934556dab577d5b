// SPDX-License-Identifier: Apache-2.0
#include "sealed.hpp"

#include <cstdint>
#include <cstring>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "byte_source.hpp"

namespace lagoon::files {
namespace {

struct Preamble {
  std::uint64_t length = 0, hash = 0;
};

std::string family_of(const Seal& seal) { return "lagoon " + std::string(seal.kind) + " "; }
std::string magic_of(const Seal& seal) { return family_of(seal) + std::to_string(seal.version) + "\n"; }

}  // namespace

void broken_seal(const Seal& seal, const std::string& name, const std::string& what) {
  throw Error(Errc::data_loss,
              name + ": " + what + (seal.advice.empty() ? std::string() : "; " + std::string(seal.advice)));
}

std::string sealed(const Seal& seal, std::string_view payload) {
  const Preamble preamble{payload.size(), XXH3_64bits(payload.data(), payload.size())};
  std::string bytes = magic_of(seal);
  bytes.append(reinterpret_cast<const char*>(&preamble), sizeof preamble);
  bytes.append(payload);
  return bytes;
}

std::string_view unsealed(const Seal& seal, std::string_view bytes, const std::string& name) {
  const std::string magic = magic_of(seal), kind(seal.kind);
  if (bytes.substr(0, magic.size()) != magic) {
    if (bytes.starts_with(family_of(seal)))
      throw Error(Errc::invalid_argument, name + ": a " + kind + " of another version of Lagoon");
    broken_seal(seal, name, "no " + kind);
  }
  bytes.remove_prefix(magic.size());
  Preamble preamble;
  if (bytes.size() < sizeof preamble) broken_seal(seal, name, "the " + kind + " is cut short");
  std::memcpy(&preamble, bytes.data(), sizeof preamble);
  bytes.remove_prefix(sizeof preamble);
  if (bytes.size() != preamble.length)
    broken_seal(
        seal, name,
        "the " + kind + " has " + std::to_string(bytes.size()) + " bytes of " + std::to_string(preamble.length));
  if (XXH3_64bits(bytes.data(), bytes.size()) != preamble.hash)
    broken_seal(seal, name, "the " + kind + " was changed: its hash differs");
  return bytes;
}

void write_sealed(const std::string& path, const Seal& seal, std::string_view payload) {
  AtomicFile file(path);
  file.write(sealed(seal, payload));
  file.commit();
}

std::string read_sealed(const std::string& path, const Seal& seal) {
  const ByteSource source = ByteSource::open(path);
  Tensor<char, 1> scratch;
  return std::string(unsealed(seal, source.read(0, source.size(), scratch), path));
}

}  // namespace lagoon::files
