// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/value.hpp>
#include <string>
#include <string_view>

namespace lagoon::cli {

/// Every JSON document of the command has this field first; a change that breaks readers raises the number.
inline constexpr std::int64_t kSchemaVersion = 1;

/// A document of the command: "schema" ("lagoon.<kind>"), "schema_version", then the fields of `body`, an object.
Value document(std::string_view kind, Value body);

/// A struct with LAGOON_FIELDS as such a document.
template <class T>
Value document_of(std::string_view kind, const T& body) {
  return document(kind, detail::to_value(body));
}

/// JSON for people and programs: objects one field a line, lists of plain values on one line. NaN and infinities,
/// which JSON does not have, become null; broken UTF-8 is replaced.
std::string pretty(const Value& value);
/// On one line.
std::string compact(const Value& value);
/// On one line, safe inside <script> in HTML.
std::string for_script(const Value& value);

/// throws  Error(invalid_argument): "where:line:column: ..."
Value parse_json(std::string_view text, const std::string& where);
/// The value when the text is JSON, nothing (and no error) otherwise.
bool try_parse_json(std::string_view text, Value& into);

}  // namespace lagoon::cli
