// SPDX-License-Identifier: Apache-2.0
#include "tiff_errors.hpp"

#include <cstdarg>
#include <cstdio>

namespace lagoon::files {
namespace {

int on_error(TIFF*, void* to, const char*, const char* format, va_list values) {
  auto& errors = *static_cast<TiffErrors*>(to);
  if (!errors.message[0]) std::vsnprintf(errors.message.data(), errors.message.size(), format, values);
  return 1;  // and nobody else is to be told
}

int on_warning(TIFF*, void* to, const char*, const char* format, va_list values) {
  auto& errors = *static_cast<TiffErrors*>(to);
  if (errors.warning_count == errors.warnings.size()) return 1;
  auto& text = errors.warnings[errors.warning_count++];
  std::vsnprintf(text.data(), text.size(), format, values);
  return 1;
}

int close_nothing(thandle_t) { return 0; }
void unmap_nothing(thandle_t, void*, toff_t) {}

}  // namespace

TiffHandle open_tiff(const std::string& name, const char* mode, const TiffBytes& bytes, TiffErrors& errors,
                     std::ptrdiff_t max_bytes) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 TIFFOpenOptionsFree);
  if (!options) return nullptr;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), max_bytes);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, &errors);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, &errors);
  return TiffHandle(TIFFClientOpenExt(name.c_str(), mode, bytes.client, bytes.read, bytes.write, bytes.seek,
                                      close_nothing, bytes.size, bytes.map, unmap_nothing, options.get()));
}

}  // namespace lagoon::files
