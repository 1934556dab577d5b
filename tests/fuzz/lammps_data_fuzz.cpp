// SPDX-License-Identifier: Apache-2.0
// Any bytes as a LAMMPS data file: a system that holds together, or a lagoon::Error.
#include <lagoon/kernels/files/lammps_data.hpp>

#include <cstdint>

#include <lagoon/core/error.hpp>

using namespace lagoon::files;

/// The first byte chooses options.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  LammpsDataOptions options{.unwrap = (data[0] & 1) != 0, .max_particles = 1 << 16};
  if (data[0] & 2) options.units = data[0] & 4 ? LammpsUnits::real : LammpsUnits::metal;
  if (data[0] & 8) options.style = data[0] & 16 ? AtomStyle::charge : AtomStyle::molecular;
  try {
    const auto d = parse_lammps_data({reinterpret_cast<const char*>(data + 1), size - 1}, "fuzz", options);
    check(d.system);  // an error here is one of the reader's
    for (const auto& bond : d.system.bonds)
      if (!d.model.bonds.empty() && static_cast<std::size_t>(bond.type) >= d.model.bonds.size()) __builtin_trap();
  } catch (const lagoon::Error& e) {
    if (e.status().message().starts_with("system:")) __builtin_trap();
  }
  return 0;
}
