// SPDX-License-Identifier: Apache-2.0
// Any bytes as a model, with and without a seal that holds: a model that can be used and says the same bytes again, or
// a lagoon::Error.
#include <lagoon/kernels/learning/model_file.hpp>

#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <variant>

#include "files/sealed.hpp"

using namespace lagoon;
using namespace lagoon::learning;

namespace {

constexpr files::Seal kSeal{.kind = "model", .version = 1};

/// Asks a model about two rows of zeros.
struct Use {
  void operator()(const LinearModel& m) const {
    (void)predict(m, rows(static_cast<std::ptrdiff_t>(m.coefficients.size())));
  }
  void operator()(const KMeans& m) const { (void)m.centres(m.centres.extent(0) - 1, m.centres.extent(1) - 1); }
  void operator()(const Pca& m) const { (void)transform(m, rows(m.components.extent(1))); }
  void operator()(const Standardizer& m) const { (void)transform(m, rows(static_cast<std::ptrdiff_t>(m.mean.size()))); }
  void operator()(const Forest& m) const {
    if (m.features() > 1'000'000) return;
    if (m.is_classifier())
      (void)m.predict_labels(rows(m.features()));
    else
      (void)m.predict(rows(m.features()));
  }
  static Tensor<double, 2> rows(std::ptrdiff_t columns) { return Tensor<double, 2>::zeros({2, columns}); }
};

void decode(std::string_view bytes) {
  try {
    const SavedModel saved = decode_model(bytes, "fuzz");
    std::visit(Use{}, saved.model);
    if (encode_model(saved) != bytes) std::abort();
  } catch (const Error& e) {
    if (!e.status().message().starts_with("fuzz:")) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  decode(bytes);
  decode(files::sealed(kSeal, bytes));
  return 0;
}
