// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/model_file.hpp>

#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <ostream>
#include <sstream>
#include <type_traits>
#include <utility>

#include "files/chunks.hpp"
#include "files/sealed.hpp"
#include "forest_file.hpp"
#include "model_bytes.hpp"
#include "model_check.hpp"

namespace lagoon::learning {
namespace {

constexpr files::Seal kSeal{.kind = "model", .version = 1};

/// Which model it is goes first; the numbers are the places of AnyModel.
files::Chunks encode(const SavedModel& saved) {
  files::Chunks all;
  files::ChunkBuffer buffer(all);
  std::ostream out(&buffer);
  detail::ByteWriter bytes(out);
  bytes.put(static_cast<std::int64_t>(saved.model.index()));
  bytes.put(saved.features);
  bytes.put(saved.target);
  std::visit(
      [&]<class Model>(const Model& model) {
        if constexpr (std::is_same_v<Model, Forest>)
          bytes.put(detail::encode_forest(model));
        else
          bytes.put(model);
      },
      saved.model);
  bytes.put(saved.preparation.has_value());
  if (saved.preparation) bytes.put(*saved.preparation);
  return all;
}

template <class Model>
Model decode_as(detail::ByteReader& bytes) {
  if constexpr (std::is_same_v<Model, Forest>) {
    std::string forest;
    bytes.get(forest);
    return detail::decode_forest(forest, "random forest");
  } else {
    Model model;
    bytes.get(model);
    return model;
  }
}

template <std::size_t... I>
AnyModel decode_kind(detail::ByteReader& bytes, std::int64_t kind, std::index_sequence<I...>) {
  AnyModel model;
  const bool known = ((kind == static_cast<std::int64_t>(I) &&
                       (model = decode_as<std::variant_alternative_t<I, AnyModel>>(bytes), true)) ||
                      ...);
  if (!known) throw Error(Errc::data_loss, "a model of an unknown kind");
  return model;
}

SavedModel decode(std::string_view payload) {
  std::istringstream in{std::string(payload)};
  detail::ByteReader bytes(in, payload.size());
  SavedModel saved;
  std::int64_t kind = 0;
  bytes.get(kind);
  bytes.get(saved.features);
  bytes.get(saved.target);
  saved.model = decode_kind(bytes, kind, std::make_index_sequence<std::variant_size_v<AnyModel>>());
  bool prepared = false;
  bytes.get(prepared);
  if (prepared) bytes.get(saved.preparation.emplace());
  if (bytes.left() > 0) throw Error(Errc::data_loss, std::to_string(bytes.left()) + " bytes too many");
  detail::check_saved(saved);
  return saved;
}

/// What is wrong with what the seal held together is nobody's argument.
SavedModel decode_payload(std::string_view payload, const std::string& name) {
  try {
    return decode(payload);
  } catch (const Error& e) {
    const bool spoiled = e.code() == Errc::invalid_argument || e.code() == Errc::data_loss;
    if (spoiled) files::broken_seal(kSeal, name, "no model: " + e.status().message());
    throw;
  } catch (const cereal::Exception& e) {
    files::broken_seal(kSeal, name, std::string("no model: ") + e.what());
  }
}

files::Chunks checked_bytes(const SavedModel& model, const std::string& what) {
  try {
    detail::check_saved(model);
  } catch (const Error& e) {
    throw Error(e.code(), what + ": " + e.status().message());
  }
  return encode(model);
}

}  // namespace

void write_model(const std::string& path, const SavedModel& model) {
  const files::Chunks bytes = checked_bytes(model, "write_model");
  files::AtomicFile file(path);
  file.write(files::seal_of(kSeal, bytes));
  bytes.for_each([&](const std::byte* part, std::size_t size) { file.write(part, size); });
  file.commit();
}

SavedModel read_model(const std::string& path) { return decode_payload(files::read_sealed(path, kSeal), path); }

std::string encode_model(const SavedModel& model) {
  const files::Chunks bytes = checked_bytes(model, "encode_model");
  return bytes.text(files::seal_of(kSeal, bytes));
}

SavedModel decode_model(std::string_view bytes, const std::string& name) {
  return decode_payload(files::unsealed(kSeal, bytes, name), name);
}

}  // namespace lagoon::learning
