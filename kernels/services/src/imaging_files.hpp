// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/files/picture.hpp>
#include <lagoon/kernels/imaging/recipe.hpp>
#include <lagoon/rpc/stream.hpp>
#include <lagoon/services/imaging.hpp>
#include <span>
#include <string>

namespace lagoon::services {

/// throws  invalid_argument naming the method, the field and what it may be
imaging::Recipe recipe_of(const ImageRecipe& plain, const char* method);
files::PictureWriteOptions write_options_of(const ImageEncoding& plain, const char* method);

/// The picture, of which no more is decoded than the recipe leaves.
///   name  for errors
///   info  what its header says
imaging::Picture decode_for(const imaging::Recipe& recipe, std::span<const std::byte> bytes, const std::string& name,
                            files::PictureInfo* info = nullptr);

/// throws  out_of_range, naming the method
void check_preview(std::int64_t side, const char* method);
/// A small JPEG of a picture, for people to look at.
Frozen<std::uint8_t, 1> preview_of(const imaging::Picture& picture, std::int64_t side);

ImageFileResult process_file(const ImageFileRequest& request);
void process_batch(ImageBatchRequest request, Writer<ImageBatchProgress> out);

}  // namespace lagoon::services
