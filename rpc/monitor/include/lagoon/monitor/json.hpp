// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/value.hpp>
#include <string>
#include <string_view>

/// Values as JSON and back: what programs read of pools and of the command.
namespace lagoon::json {

/// Every JSON document has this field beside its schema; a change that breaks readers raises the number.
inline constexpr std::int64_t kSchemaVersion = 1;

/// A document: "schema" ("lagoon.<kind>"), "schema_version", then the fields of `body`, an object.
Value document(std::string_view kind, Value body);

/// A struct with LAGOON_FIELDS as such a document.
template <class T>
Value document_of(std::string_view kind, const T& body) {
  return document(kind, detail::to_value(body));
}

/// The struct that such a document holds.
///   throws  Error(invalid_argument): another schema, a newer version, other fields
Value body_of(std::string_view kind, Value document);
template <class T>
T from_document(std::string_view kind, Value document) {
  T body;
  detail::from_value(body_of(kind, std::move(document)), body, "");
  return body;
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

}  // namespace lagoon::json
