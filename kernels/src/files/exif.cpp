// SPDX-License-Identifier: Apache-2.0
#include "exif.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace lagoon::files {
namespace {

// EXIF is a TIFF file in small: "II" or "MM", 42, the place of a directory; a directory is a count, entries of twelve
// bytes (tag, type, count, value or its place) in the order of their tags, and the place of the next directory.
constexpr std::size_t kEntry = 12;
constexpr unsigned kOrientation = 0x0112, kShort = 3;

struct Directory {
  bool big_endian = false;
  std::size_t begin = 0;  // of the first entry
  std::size_t entries = 0;
  std::optional<std::size_t> orientation{};  // where that entry is
};

unsigned number(std::span<const std::byte> bytes, std::size_t at, std::size_t size, bool big_endian) {
  unsigned n = 0;
  for (std::size_t k = 0; k < size; ++k)
    n = n << 8 | std::to_integer<unsigned>(bytes[at + (big_endian ? k : size - 1 - k)]);
  return n;
}

void put(std::vector<std::byte>& bytes, std::size_t at, unsigned n, std::size_t size, bool big_endian) {
  for (std::size_t k = 0; k < size; ++k)
    bytes[at + (big_endian ? size - 1 - k : k)] = static_cast<std::byte>(n >> (8 * k) & 0xFF);
}

std::optional<Directory> first_directory(std::span<const std::byte> bytes) {
  if (bytes.size() < 8) return {};
  Directory d;
  d.big_endian = bytes[0] == std::byte{'M'};
  if (bytes[0] != bytes[1] || (!d.big_endian && bytes[0] != std::byte{'I'})) return {};
  if (number(bytes, 2, 2, d.big_endian) != 42) return {};
  const std::size_t at = number(bytes, 4, 4, d.big_endian);
  if (at < 8 || at > bytes.size() || bytes.size() - at < 2) return {};
  d.entries = number(bytes, at, 2, d.big_endian);
  d.begin = at + 2;
  if ((bytes.size() - d.begin) / kEntry < d.entries) return {};
  for (std::size_t k = 0; k < d.entries && !d.orientation; ++k) {
    const std::size_t entry = d.begin + k * kEntry;
    const bool fits = number(bytes, entry + 2, 2, d.big_endian) == kShort;
    if (fits && number(bytes, entry, 2, d.big_endian) == kOrientation) d.orientation = entry;
  }
  return d;
}

std::vector<std::byte> orientation_alone(int orientation) {
  constexpr std::array<unsigned char, 26> kEmpty = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1};
  std::vector<std::byte> bytes(kEmpty.size());
  std::memcpy(bytes.data(), kEmpty.data(), kEmpty.size());
  bytes[19] = static_cast<std::byte>(orientation);
  return bytes;
}

/// A copy of the first directory with one more entry, behind all else: places in EXIF count from its beginning, so that
/// nothing else moves.
std::vector<std::byte> with_entry(std::span<const std::byte> from, const Directory& d, int orientation) {
  std::vector<std::byte> bytes(from.begin(), from.end());
  bytes.resize(bytes.size() + bytes.size() % 2);  // directories begin at even places
  const std::size_t at = bytes.size();
  std::size_t before = 0;
  while (before < d.entries && number(from, d.begin + before * kEntry, 2, d.big_endian) < kOrientation) ++before;
  bytes.resize(at + 2 + (d.entries + 1) * kEntry + 4);
  put(bytes, 4, static_cast<unsigned>(at), 4, d.big_endian);
  put(bytes, at, static_cast<unsigned>(d.entries + 1), 2, d.big_endian);
  std::byte* out = bytes.data() + at + 2;
  std::memcpy(out, from.data() + d.begin, before * kEntry);
  const std::size_t entry = at + 2 + before * kEntry;
  put(bytes, entry, kOrientation, 2, d.big_endian);
  put(bytes, entry + 2, kShort, 2, d.big_endian);
  put(bytes, entry + 4, 1, 4, d.big_endian);
  put(bytes, entry + 8, static_cast<unsigned>(orientation), 2, d.big_endian);
  const std::size_t rest = d.begin + before * kEntry;  // the other entries and the place of the next directory
  const std::size_t size = std::min((d.entries - before) * kEntry + 4, from.size() - rest);
  std::memcpy(bytes.data() + entry + kEntry, from.data() + rest, size);
  return bytes;
}

}  // namespace

std::span<const std::byte> exif_payload(std::span<const std::byte> bytes) {
  constexpr char kPrefix[] = {'E', 'x', 'i', 'f', 0, 0};
  const bool prefixed = bytes.size() >= sizeof kPrefix && std::memcmp(bytes.data(), kPrefix, sizeof kPrefix) == 0;
  return prefixed ? bytes.subspan(sizeof kPrefix) : bytes;
}

int exif_orientation(std::span<const std::byte> payload) {
  const auto d = first_directory(payload);
  if (!d || !d->orientation) return 1;
  const unsigned value = number(payload, *d->orientation + 8, 2, d->big_endian);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

std::vector<std::byte> exif_with_orientation(std::span<const std::byte> payload, int orientation) {
  const auto d = first_directory(payload);
  if (!d && orientation != 1) return orientation_alone(orientation);
  if (d && !d->orientation && orientation != 1 && d->entries < 0xFFFF) return with_entry(payload, *d, orientation);
  std::vector<std::byte> bytes(payload.begin(), payload.end());
  if (d && d->orientation) put(bytes, *d->orientation + 8, static_cast<unsigned>(orientation), 2, d->big_endian);
  return bytes;
}

std::vector<std::byte> exif_to_write(const imaging::Metadata& metadata, bool keep) {
  if (keep && !metadata.exif.empty()) return exif_with_orientation(metadata.exif, metadata.orientation);
  return metadata.orientation == 1 ? std::vector<std::byte>() : orientation_alone(metadata.orientation);
}

}  // namespace lagoon::files
