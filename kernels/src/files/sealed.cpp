// SPDX-License-Identifier: Apache-2.0
#include "sealed.hpp"

#include <cstdint>
#include <cstring>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <memory>
#include <new>

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
std::string with_preamble(const Seal& seal, const Preamble& preamble) {
  return magic_of(seal).append(reinterpret_cast<const char*>(&preamble), sizeof preamble);
}

}  // namespace

void broken_seal(const Seal& seal, const std::string& name, const std::string& what) {
  throw Error(Errc::data_loss,
              name + ": " + what + (seal.advice.empty() ? std::string() : "; " + std::string(seal.advice)));
}

std::string sealed(const Seal& seal, std::string_view payload) {
  return with_preamble(seal, {payload.size(), XXH3_64bits(payload.data(), payload.size())}).append(payload);
}

std::string seal_of(const Seal& seal, const Chunks& payload) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  payload.for_each([&](const std::byte* bytes, std::size_t size) { XXH3_64bits_update(state.get(), bytes, size); });
  return with_preamble(seal, {payload.size(), XXH3_64bits_digest(state.get())});
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
