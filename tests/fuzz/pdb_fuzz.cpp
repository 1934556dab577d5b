// SPDX-License-Identifier: Apache-2.0
// Any bytes as a PDB file: a system that holds together, or a lagoon::Error.
#include <lagoon/kernels/files/pdb.hpp>

#include <cstdint>

#include <lagoon/core/error.hpp>

using namespace lagoon::files;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto p = parse_pdb({reinterpret_cast<const char*>(data), size}, "fuzz", 1 << 16);
    check(p.system);  // an error here is one of the reader's
    if (static_cast<std::size_t>(p.system.size()) != p.atoms.size()) __builtin_trap();
  } catch (const lagoon::Error& e) {
    if (e.status().message().starts_with("system:")) __builtin_trap();
  }
  return 0;
}
