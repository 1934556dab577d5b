// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics/run_file.hpp>
#include <vector>

#include "toml_reader.hpp"

namespace lagoon::dynamics::detail {

/// types  what the section says of each type beside how it acts
Model read_model(const TomlReader& in, std::vector<TypeOptions>& types);

OutputOptions read_output(const TomlReader& in);

}  // namespace lagoon::dynamics::detail
