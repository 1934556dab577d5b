// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/learning/forest.hpp>
#include <lagoon/kernels/learning/kmeans.hpp>
#include <lagoon/kernels/learning/linear.hpp>
#include <lagoon/kernels/learning/pca.hpp>
#include <lagoon/kernels/learning/preparation.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lagoon::learning {

using AnyModel = std::variant<LinearModel, Forest, KMeans, Pca, Standardizer>;

/// A model, and what it was learned from.
struct SavedModel {
  AnyModel model{};
  std::vector<std::string> features{};  ///< names of the columns of x, or empty
  std::string target{};                 ///< name of y, or ""
  /// What columns go through before the model sees them, or nothing.
  std::optional<Standardizer> preparation{};
};

/// Writes a model with its version and a checksum; appears under `path` complete or not at all.
///   throws  what AtomicFile throws; invalid_argument: as many names as columns, or none
void write_model(const std::string& path, const SavedModel& model);

/// Reads what `write_model` wrote; predictions come out the same to the bit.
///   throws  not_found, permission_denied; data_loss (cut short, changed, or no model), naming the file;
///           invalid_argument (of another version)
SavedModel read_model(const std::string& path);

/// The same bytes in memory: what travels with a call.
std::string encode_model(const SavedModel& model);
SavedModel decode_model(std::string_view bytes, const std::string& name = "model");

}  // namespace lagoon::learning
