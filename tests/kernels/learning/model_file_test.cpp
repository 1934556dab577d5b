// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/model_file.hpp>

#include <cstring>
#include <files/sealed.hpp>
#include <fstream>
#include <sstream>

#include "../files/temporary_folder.hpp"
#include "tables.hpp"

namespace lagoon::learning {
namespace {

using files::TemporaryFolder;

constexpr files::Seal kSeal{.kind = "model", .version = 1};

std::vector<double> numbers(const Tensor<double, 1>& x) { return {x.data(), x.data() + x.size()}; }

LinearModel linear() { return fit_linear(noise(40, 3), learning::numbers(noise(40, 1, 2))); }
KMeans clusters() {
  KMeans m;
  m.centres = noise(2, 3).freeze();
  m.inertia = 5;
  m.iterations = 7;
  m.converged = true;
  m.sizes = {4, 0};
  return m;
}

std::vector<SavedModel> one_of_each() {
  const Tensor<double, 2> x = noise(40, 3);
  std::vector<std::int64_t> labels;
  for (std::ptrdiff_t i = 0; i < 40; ++i) labels.push_back(x(i, 0) > 0 ? 3 : -1);
  std::vector<SavedModel> all;
  for (const AnyModel& m :
       {AnyModel(linear()), AnyModel(Forest::classify(x, labels, {.trees = 3})), AnyModel(clusters()),
        AnyModel(pca(x, {.components = 2, .standardise = true})), AnyModel(fit_standardizer(x))})
    all.push_back({m, {"a", "", "Länge (m)"}, "y", {}});
  all.push_back({clusters(), {}, "y", fit_standardizer(x)});
  return all;
}

TEST(ModelFiles, GiveBackWhatWasWritten) {
  const TemporaryFolder folder;
  for (const SavedModel& saved : one_of_each()) {
    const std::string path = folder.path("model");
    write_model(path, saved);
    const SavedModel read = read_model(path);
    EXPECT_EQ(read.model.index(), saved.model.index());
    EXPECT_EQ(read.features, saved.features);
    EXPECT_EQ(read.target, "y");
    EXPECT_EQ(read.preparation.has_value(), saved.preparation.has_value());
    EXPECT_EQ(encode_model(read), encode_model(saved));  // all of it, to the bit
    std::ifstream file(path, std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    EXPECT_EQ(bytes.str(), encode_model(saved));
  }
}

TEST(ModelFiles, PredictTheSameBits) {
  const Tensor<double, 2> x = noise(40, 3);
  const std::vector<SavedModel> all = one_of_each();
  const auto again = [&](std::size_t k) { return decode_model(encode_model(all[k])).model; };
  EXPECT_EQ(numbers(predict(std::get<LinearModel>(again(0)), x)), numbers(predict(linear(), x)));
  EXPECT_EQ(learning::numbers(std::get<Forest>(again(1)).predict_probabilities(x)),
            learning::numbers(std::get<Forest>(all[1].model).predict_probabilities(x)));
  EXPECT_EQ(learning::numbers(std::get<KMeans>(again(2)).centres), learning::numbers(clusters().centres));
  EXPECT_EQ(learning::numbers(transform(std::get<Pca>(again(3)), x)),
            learning::numbers(transform(std::get<Pca>(all[3].model), x)));
  EXPECT_EQ(learning::numbers(transform(std::get<Standardizer>(again(4)), x)),
            learning::numbers(transform(std::get<Standardizer>(all[4].model), x)));
}

TEST(ModelFiles, KeepWhatIsNotKnown) {
  const LinearModel m = fit_linear(noise(2, 3), std::vector<double>{1, 2});
  const auto read = std::get<LinearModel>(decode_model(encode_model({m, {}, "", {}})).model);
  EXPECT_TRUE(std::isnan(read.standard_errors[1]) && std::isnan(read.intercept_p));
  EXPECT_TRUE(std::isinf(read.condition));
}

TEST(ModelFiles, KnowAnyByteThatWasChangedOrLost) {
  for (const SavedModel& saved : one_of_each()) {
    const std::string bytes = encode_model(saved);
    for (std::size_t k = 0; k < bytes.size(); k += 1 + bytes.size() / 500) {
      std::string changed = bytes;
      changed[k] = static_cast<char>(changed[k] ^ 0x10);
      const bool version = k == 13 || k == 14;  // of "lagoon model 1\n": a number that may be another or longer
      const Errc code = version ? Errc::invalid_argument : Errc::data_loss;
      error_of(code, [&] { decode_model(changed); });
      error_of(code, [&] { decode_model(std::string_view(bytes).substr(0, k)); });
    }
    error_of(Errc::data_loss, [&] { decode_model(bytes + "x"); });
  }
  EXPECT_EQ(error_of(Errc::data_loss, [] { decode_model("nonsense", "m.lagoon"); }), "m.lagoon: no model");
  error_of(Errc::invalid_argument, [] { decode_model("lagoon model 2\n"); });
}

TEST(ModelFiles, AreCheckedLikeArgumentsBehindASealThatHolds) {
  for (const SavedModel& saved : one_of_each()) {
    const std::string whole = encode_model(saved);
    const std::string payload(files::unsealed(kSeal, whole, "model"));
    int refused = 0, taken = 0;
    for (std::size_t k = 0; k < payload.size(); k += 1 + payload.size() / 2000)
      for (int bit : {0, 6, 7}) {
        std::string changed = payload;
        changed[k] = static_cast<char>(changed[k] ^ (1 << bit));
        try {
          const SavedModel other = decode_model(files::sealed(kSeal, changed), "m");
          EXPECT_NE(encode_model(other), whole);
          ++taken;  // a number that may as well have been another
        } catch (const Error& e) {
          EXPECT_EQ(e.code(), Errc::data_loss);
          EXPECT_TRUE(e.status().message().starts_with("m: no model: ")) << e.what();
          ++refused;
        }
      }
    EXPECT_GT(refused, 0);
    EXPECT_GT(taken, 0);
    for (std::size_t k = 0; k < payload.size(); k += 1 + payload.size() / 500)
      error_of(Errc::data_loss, [&] { decode_model(files::sealed(kSeal, payload.substr(0, k))); });
    error_of(Errc::data_loss, [&] { decode_model(files::sealed(kSeal, payload + std::string(8, '\0'))); });
  }
}

TEST(ModelFiles, BelieveLengthsOnlyAsFarAsThereAreBytes) {
  // A linear model with 2^60 names of columns.
  std::string payload(1 + 8 + 8, '\0');
  payload[0] = 1;  // little endian
  payload[1 + 8 + 7] = 0x10;
  error_of(Errc::data_loss, [&] { decode_model(files::sealed(kSeal, payload)); });
}

TEST(ModelFiles, AreNotWrittenOfWhatCouldNotBeRead) {
  const auto message = [](const SavedModel& m) { return error_of(Errc::invalid_argument, [&] { encode_model(m); }); };
  EXPECT_EQ(message({linear(), {"only one"}, "", {}}), "encode_model: 1 names of columns for a model of 3");
  EXPECT_EQ(message({LinearModel{}, {}, "", {}}), "encode_model: a linear model has no coefficients");
  EXPECT_EQ(message({Forest{}, {}, "", {}}), "encode_model: a forest has no trees");
  EXPECT_EQ(message({KMeans{}, {}, "", {}}), "encode_model: there are no centres of clusters");
  EXPECT_EQ(message({Pca{}, {}, "", {}}), "encode_model: there are no components");
  EXPECT_EQ(message({Standardizer{}, {}, "", {}}), "encode_model: there are no columns to standardise");
  LinearModel odd = linear();
  odd.coefficients[1] = kNan;
  EXPECT_EQ(message({odd, {}, "", {}}), "encode_model: a coefficient is not finite");
  const TemporaryFolder folder;
  error_of(Errc::invalid_argument, [&] { write_model(folder.path("m"), {odd, {}, "", {}}); });
  EXPECT_FALSE(std::filesystem::exists(folder.path("m")));
  error_of(Errc::not_found, [&] { read_model(folder.path("m")); });
}

}  // namespace
}  // namespace lagoon::learning
