// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lagoon::files {

/// SHA-256 in hexadecimal, to compare with published digests.   source   FIPS 180-4
inline std::string sha256(std::span<const unsigned char> message) {
  // The constants are the first 32 bits of the fractional parts of roots of the first primes.
  auto fraction = [](long double x) { return static_cast<std::uint32_t>((x - std::floor(x)) * 4294967296.0L); };
  std::array<std::uint32_t, 64> k{};
  std::array<std::uint32_t, 8> h{};
  for (unsigned n = 2, found = 0; found < 64; ++n) {
    bool prime = true;
    for (unsigned d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
    if (!prime) continue;
    if (found < 8) h[found] = fraction(std::sqrt(static_cast<long double>(n)));
    k[found++] = fraction(std::cbrt(static_cast<long double>(n)));
  }
  std::vector<unsigned char> bytes(message.begin(), message.end());
  bytes.push_back(0x80);
  while (bytes.size() % 64 != 56) bytes.push_back(0);
  for (int b = 7; b >= 0; --b)
    bytes.push_back(static_cast<unsigned char>(std::uint64_t{message.size()} * 8 >> (8 * b)));
  for (std::size_t at = 0; at < bytes.size(); at += 64) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 64; ++i) w[i / 4] |= std::uint32_t{bytes[at + i]} << (24 - 8 * (i % 4));
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + w[i - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) +
             (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
    }
    std::array<std::uint32_t, 8> s = h;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t e = s[4], a = s[0];
      const std::uint32_t one =
          s[7] + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
      const std::uint32_t two =
          (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
      s = {one + two, s[0], s[1], s[2], s[3] + one, s[4], s[5], s[6]};
    }
    for (std::size_t i = 0; i < 8; ++i) h[i] += s[i];
  }
  std::string text;
  for (const std::uint32_t word : h)
    for (int d = 28; d >= 0; d -= 4) text += "0123456789abcdef"[word >> d & 15];
  return text;
}

}  // namespace lagoon::files
