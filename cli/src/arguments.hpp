// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/value.hpp>
#include <string>
#include <utility>
#include <vector>

namespace lagoon::cli {

/// The request that arguments of `lagoon call` spell:
///
///   x=3  x=[1,2,3]  x={"a":1}  x=true  x=null    JSON
///   x=hello                                      text that is no JSON
///   x=@table.csv:height                          one column, as a vector
///   x=@table.csv:height,weight  x=@table.csv     columns, as a matrix of rows by columns
///   x=@a.xyz                                     positions, n x 3 (the last frame)
///   x=@photo.jpg  x=@model.lagoon                the bytes of a picture, a model or a state, as they are
///   x=@array.npy                                 one to three axes; doubles are mapped, not copied
///   x=@array.mtx                                 a matrix, sparse ones as dense
///   x=@value.json                                any value
///   x=@@home                                     text that begins with @
///   a.b.c=3                                      a field inside a field
///   @request.json                                the whole request; other arguments change it
///
///   throws  UsageError (spelling); what the readers of files throw
Value request_of(const std::vector<std::string>& arguments);

/// One value, as above behind the equals sign.
Value value_of(const std::string& text);

/// Writes parts of an answer to files and leaves {"file", "type", "shape"} in their place.
///   fields  {"covariance", "c.npy"}; NPY, CSV or Matrix Market (one or two axes) or JSON by the end of the name
///   throws  UsageError: no such field, or one that the format cannot hold
void write_fields(Value& answer, const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace lagoon::cli
