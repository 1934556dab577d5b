// SPDX-License-Identifier: Apache-2.0
// Any bytes as a picture, beginning with those of WebP files: pixels or a lagoon::Error.
#include "picture_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { return fuzz_picture(data, size); }
