// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace lagoon::files {

/// The mass of an element in u, by its symbol written "Na"; none for what is no element. Deuterium is "D".
///   source  IUPAC's abridged standard atomic weights (Prohaska et al. 2022); where there is none, the mass number of
///           the longest-lived isotope
std::optional<double> atomic_weight(std::string_view symbol) noexcept;

}  // namespace lagoon::files
