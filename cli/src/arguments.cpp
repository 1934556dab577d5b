// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/files/matrix_market.hpp>
#include <lagoon/kernels/files/npy.hpp>
#include <lagoon/kernels/files/xyz.hpp>
#include <lagoon/rpc/describe.hpp>

#include <optional>

#include "byte_file.hpp"
#include "exit_code.hpp"
#include "json.hpp"

namespace lagoon::cli {
namespace {

bool ends_with(std::string_view name, std::string_view end) { return name.ends_with(end); }

bool exists(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0;
}

/// "a.b[2].c" in steps.
std::vector<std::string> steps_of(const std::string& path) {
  std::vector<std::string> steps;
  for (std::size_t begin = 0;;) {
    const std::size_t end = path.find('.', begin);
    steps.push_back(path.substr(begin, end - begin));
    if (steps.back().empty()) throw UsageError(fmt::format("'{}' is not a field or a path of fields", path));
    if (end == std::string::npos) return steps;
    begin = end + 1;
  }
}

Value* child(Value& v, std::string_view name) {
  auto* object = std::get_if<Value::Object>(&v.data);
  if (!object) return nullptr;
  for (auto& [key, value] : *object)
    if (key == name) return &value;
  return nullptr;
}

void put(Value& request, const std::string& path, Value value) {
  Value* at = &request;
  for (const std::string& step : steps_of(path)) {
    if (std::holds_alternative<std::monostate>(at->data)) at->data = Value::Object();
    auto* object = std::get_if<Value::Object>(&at->data);
    if (!object) throw UsageError(fmt::format("{}: '{}' would be a field of {}", path, step, at->kind()));
    Value* next = child(*at, step);
    if (!next) next = &object->emplace_back(step, Value()).second;
    at = next;
  }
  *at = std::move(value);
}

Value npy_value(const std::string& path) {
  const files::NpyHeader header = files::read_npy_header(path);
  const std::size_t rank = header.extents.size();
  if (header.type == "<f4") {
    if (rank <= 1) return Value(Value::Array(files::read_npy<float, 1>(path)));
    if (rank == 2) return Value(Value::Array(files::read_npy<float, 2>(path)));
    if (rank == 3) return Value(Value::Array(files::read_npy<float, 3>(path)));
  }
  if (rank <= 1) return Value(Value::Array(files::read_npy<double, 1>(path)));
  if (rank == 2) return Value(Value::Array(files::read_npy<double, 2>(path)));
  if (rank == 3) return Value(Value::Array(files::read_npy<double, 3>(path)));
  throw UsageError(fmt::format("{}: {} axes; a request takes up to three", path, rank));
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// Columns side by side, row by row.
Frozen<double, 2> matrix_of(const files::Table& table) {
  const auto rows = static_cast<std::ptrdiff_t>(table.rows);
  const auto columns = static_cast<std::ptrdiff_t>(table.columns.size());
  Tensor<double, 2> m({rows, columns});
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    throw_if_stopped();
    const View<const double, 1> from = table.columns[static_cast<std::size_t>(j)].values;
    for (std::ptrdiff_t i = 0; i < rows; ++i) m(i, j) = from[i];
  }
  return std::move(m).freeze();
}

Value csv_value(const std::string& path, const std::string& columns) {
  files::CsvOptions options;
  if (!columns.empty()) options.columns = split(columns, ',');
  const files::Table table = files::read_csv(path, options);
  if (table.columns.empty()) throw Error(Errc::invalid_argument, path + ": no column holds numbers");
  if (options.columns.size() == 1) return Value(Value::Array(table.columns.front().values));
  return Value(Value::Array(matrix_of(table)));
}

/// Files that go along as the bytes that they are: pictures, models, states.
bool is_bytes(std::string_view path) {
  for (const std::string_view end : {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".lagoon"})
    if (ends_with(path, end)) return true;
  return false;
}

/// What files other than tables hold, or nothing when it is a table.
std::optional<Value> whole_file(const std::string& path) {
  if (ends_with(path, ".npy")) return npy_value(path);
  if (ends_with(path, ".json")) return parse_json(read_text(path), path);
  if (ends_with(path, ".mtx")) return Value(Value::Array(files::read_matrix_market(path).freeze()));
  if (ends_with(path, ".xyz")) return Value(Value::Array(files::read_xyz(path).system.positions.freeze()));
  if (is_bytes(path)) return Value(Value::Array(read_bytes(path)));  // who takes it decodes it
  return std::nullopt;
}

Value file_value(const std::string& reference) {
  std::string path = reference, columns;
  const auto colon = reference.rfind(':');
  if (colon != std::string::npos && !exists(reference)) {
    path = reference.substr(0, colon);
    columns = reference.substr(colon + 1);
    if (columns.empty()) throw UsageError(fmt::format("@{}: a column is missing behind the colon", reference));
  }
  std::optional<Value> whole = whole_file(path);
  if (!whole) return csv_value(path, columns);
  if (!columns.empty()) throw UsageError(fmt::format("@{}: only tables have columns", reference));
  return std::move(*whole);
}

// ---- parts of answers into files

template <class T, std::size_t R>
std::vector<std::int64_t> shape_of(const Frozen<T, R>& a) {
  return {a.extents().begin(), a.extents().end()};
}

template <class T, std::size_t R>
files::Table table_of(const std::string& name, const Frozen<T, R>& a) {
  files::Table table;
  if constexpr (R <= 2) {
    table.rows = static_cast<std::size_t>(a.extent(0));
    for (std::ptrdiff_t j = 0; j < (R == 1 ? 1 : a.extent(R - 1)); ++j) {
      Tensor<double, 1> column({a.extent(0)});
      for (std::ptrdiff_t i = 0; i < a.extent(0); ++i) {
        if constexpr (R == 1)
          column[i] = static_cast<double>(a[i]);
        else
          column[i] = static_cast<double>(a(i, j));
      }
      table.columns.push_back({R == 1 ? name : fmt::format("{}_{}", name, j + 1), std::move(column).freeze(), 0});
    }
  } else {
    throw UsageError(name + ": a CSV file has two axes at most; write it as .npy");
  }
  return table;
}

/// A vector is a matrix of one column.
template <class T, std::size_t R>
void write_mtx(const std::string& path, const Frozen<T, R>& a) {
  if constexpr (std::is_same_v<T, double> && R == 2)
    files::write_matrix_market(path, a);
  else if constexpr (std::is_same_v<T, double> && R == 1)
    files::write_matrix_market(path, View<const double, 2>(a.data(), {a.size(), 1}, {a.view().stride(0), 1}));
  else
    throw UsageError(path + ": a Matrix Market file holds one or two axes of doubles; write it as .npy");
}

/// The bytes of a file; pixels have to be encoded first.
template <class T, std::size_t R>
void write_encoded(const std::string& path, const Frozen<T, R>& a) {
  if constexpr (std::is_same_v<T, std::uint8_t> && R == 1)
    write_bytes(path, a);
  else
    throw UsageError(path + ": only bytes that were encoded go there; write other arrays as .npy");
}

Value write_array(const std::string& field, const Value::Array& array, const std::string& path) {
  return std::visit(
      [&]<class T, std::size_t R>(const Frozen<T, R>& a) {
        if (ends_with(path, ".npy"))
          files::write_npy<T, R>(path, a);
        else if (ends_with(path, ".csv"))
          files::write_csv(path, table_of(field, a));
        else if (ends_with(path, ".mtx"))
          write_mtx(path, a);
        else if (is_bytes(path))
          write_encoded(path, a);
        else
          throw UsageError(
              fmt::format("--out {}={}: an array goes to a file named .npy, .csv or .mtx, encoded "
                          "bytes to one named as pictures are, or .lagoon",
                          field, path));
        Value::List shape;
        for (std::int64_t n : shape_of(a)) shape.emplace_back(Value::Variant(n));
        return Value(Value::Object{{"file", Value(path)},
                                   {"type", Value(detail::describe_type<Frozen<T, R>>().name)},
                                   {"shape", Value(std::move(shape))}});
      },
      array);
}

/// A list of numbers as an array, when that is what it is.
bool as_array(const Value& v, Value::Array& into) {
  if (const auto* array = std::get_if<Value::Array>(&v.data)) {
    into = *array;
    return true;
  }
  const auto* list = std::get_if<Value::List>(&v.data);
  if (!list || list->empty()) return false;
  const bool nested = std::holds_alternative<Value::List>(list->front().data);
  try {
    if (nested)
      into = detail::array_from_lists<double, 2>(v, "");
    else
      into = detail::array_from_lists<double, 1>(v, "");
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Value value_of(const std::string& text) {
  if (text.starts_with("@@")) return Value(text.substr(1));
  if (text.starts_with("@")) {
    if (text.size() == 1) throw UsageError("a file name is missing behind @");
    return file_value(text.substr(1));
  }
  Value value;
  if (try_parse_json(text, value)) return value;
  const char first = text.empty() ? '\0' : text.front();
  if (first == '[' || first == '{' || first == '"') parse_json(text, "'" + text + "'");  // says where it is broken
  return Value(text);
}

Value request_of(const std::vector<std::string>& arguments) {
  Value request{Value::Object()};
  for (const std::string& argument : arguments) {
    const auto equals = argument.find('=');
    if (argument.starts_with("@") && equals == std::string::npos) {
      request = value_of(argument);
      if (!std::holds_alternative<Value::Object>(request.data))
        throw UsageError(fmt::format("{}: a request is an object, this is {}", argument, request.kind()));
      continue;
    }
    if (equals == std::string::npos || equals == 0)
      throw UsageError(fmt::format("'{}' is not field=value (nor @request.json)", argument));
    try {
      put(request, argument.substr(0, equals), value_of(argument.substr(equals + 1)));
    } catch (const UsageError&) {
      throw;
    } catch (const Error& e) {
      if (argument[equals + 1] == '@') throw;  // a file is at fault
      throw UsageError(fmt::format("{}: {}", argument.substr(0, equals), e.status().message()));
    }
  }
  return request;
}

void write_fields(Value& answer, const std::vector<std::pair<std::string, std::string>>& fields) {
  for (const auto& [path, file] : fields) {
    Value* at = &answer;
    for (const std::string& step : steps_of(path)) {
      Value* next = child(*at, step);
      if (!next) {
        std::vector<std::string> known;
        if (const auto* object = std::get_if<Value::Object>(&at->data))
          for (const auto& [key, value] : *object) known.push_back(key);
        throw UsageError(fmt::format("--out {}={}: the answer has no field {}; it has {}", path, file, step,
                                     fmt::join(known, ", ")));
      }
      at = next;
    }
    Value::Array array;
    if (ends_with(file, ".json")) {
      files::AtomicFile out(file);
      out.write(pretty(*at) + "\n");
      out.commit();
      *at = Value(Value::Object{{"file", Value(file)}});
    } else if (as_array(*at, array)) {
      *at = write_array(path, array, file);
    } else {
      throw UsageError(fmt::format("--out {}={}: the field is {}; only arrays go to files (or any value to .json)",
                                   path, file, at->kind()));
    }
  }
}

}  // namespace lagoon::cli
