// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cereal/archives/portable_binary.hpp>
#include <cstdint>
#include <istream>
#include <lagoon/core/error.hpp>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/chunks.hpp"

// What models are made of, field by field, in a portable cereal archive. Lengths are believed only as far as there are
// bytes behind them, so that nonsense costs no memory.
namespace lagoon::learning::detail {

class ByteWriter {
 public:
  explicit ByteWriter(std::ostream& out) : archive_(out) {}

  void put(bool v) { archive_(v); }
  void put(std::int64_t v) { archive_(v); }
  void put(double v) { archive_(v); }
  void put(const std::string& v) { put_all(v.data(), v.size()); }
  template <class T>
  void put(const std::vector<T>& v) {
    put_all(v.data(), v.size());
  }
  void put(const std::vector<std::string>& v) {
    put(static_cast<std::int64_t>(v.size()));
    for (const std::string& s : v) put(s);
  }
  void put(const Frozen<double, 2>& v) {
    put(static_cast<std::int64_t>(v.extent(0)));
    put(static_cast<std::int64_t>(v.extent(1)));
    const Tensor<double, 2> rows = Tensor<double, 2>::copy_of(v);
    archive_(cereal::binary_data(rows.data(), rows.bytes()));
  }
  /// As the same bytes in a string.
  void put(const files::Chunks& v) {
    put(static_cast<std::int64_t>(v.size()));
    v.for_each([&](const std::byte* bytes, std::size_t size) { archive_(cereal::binary_data(bytes, size)); });
  }
  template <Fielded Model>
  void put(const Model& model) {
    for_each_field(model, [&](std::string_view, const auto& field) { put(field); });
  }

 private:
  template <class T>
  void put_all(const T* data, std::size_t count) {
    put(static_cast<std::int64_t>(count));
    archive_(cereal::binary_data(data, count * sizeof(T)));
  }

  cereal::PortableBinaryOutputArchive archive_;
};

/// throws  data_loss: fewer bytes than lengths say; cereal's exceptions
class ByteReader {
 public:
  /// bytes   that `in` has
  ByteReader(std::istream& in, std::size_t bytes) : in_(in), bytes_(bytes), archive_(in) {}

  void get(bool& v) {
    std::uint8_t byte = 0;  // any byte but 0 and 1 in a bool would be undefined
    archive_(byte);
    if (byte > 1) throw Error(Errc::data_loss, "a flag is neither set nor not");
    v = byte == 1;
  }
  void get(std::int64_t& v) { archive_(v); }
  void get(double& v) { archive_(v); }
  void get(std::string& v) { get_all(v); }
  template <class T>
  void get(std::vector<T>& v) {
    get_all(v);
  }
  void get(std::vector<std::string>& v) {
    v.resize(count(sizeof(std::int64_t)));
    for (std::string& s : v) get(s);
  }
  void get(Frozen<double, 2>& v) {
    const std::size_t rows = count(0), columns = count(0);
    if (rows > 0 && columns > left() / sizeof(double) / rows) throw cut_short();
    Tensor<double, 2> numbers({static_cast<std::ptrdiff_t>(rows), static_cast<std::ptrdiff_t>(columns)});
    archive_(cereal::binary_data(numbers.data(), numbers.bytes()));
    v = std::move(numbers).freeze();
  }
  template <Fielded Model>
  void get(Model& model) {
    for_each_field(model, [&](std::string_view, auto& field) { get(field); });
  }

  std::size_t left() {
    const auto at = in_.tellg();
    return at < 0 ? 0 : bytes_ - static_cast<std::size_t>(at);
  }

 private:
  static Error cut_short() { return Error(Errc::data_loss, "it has fewer bytes than it says"); }

  /// A length, of elements with so many bytes each.
  std::size_t count(std::size_t each) {
    std::int64_t n = 0;
    get(n);
    if (n < 0 || (each > 0 && static_cast<std::uint64_t>(n) > left() / each)) throw cut_short();
    return static_cast<std::size_t>(n);
  }
  template <class Container>
  void get_all(Container& v) {
    using T = typename Container::value_type;
    v.resize(count(sizeof(T)));
    archive_(cereal::binary_data(v.data(), v.size() * sizeof(T)));
  }

  std::istream& in_;
  std::size_t bytes_;
  cereal::PortableBinaryInputArchive archive_;
};

}  // namespace lagoon::learning::detail
