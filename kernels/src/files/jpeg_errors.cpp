// SPDX-License-Identifier: Apache-2.0
#include "jpeg_errors.hpp"

#include <type_traits>

namespace lagoon::files {
namespace {

static_assert(std::is_standard_layout_v<JpegErrors>, "a pointer to the first member is one to the whole");

[[noreturn]] void on_error(j_common_ptr cinfo) {
  JpegErrors& errors = errors_of(cinfo);
  errors.code = cinfo->err->msg_code;
  cinfo->err->format_message(cinfo, errors.message.data());
  std::longjmp(errors.exit, 1);
}

void on_message(j_common_ptr cinfo, int level) {
  if (level >= 0) return;  // a trace
  JpegErrors& errors = errors_of(cinfo);
  ++cinfo->err->num_warnings;
  if (errors.warning_count == errors.warnings.size()) return;  // a broken file has one for each block
  cinfo->err->format_message(cinfo, errors.warnings[errors.warning_count++].data());
}

void on_output(j_common_ptr) {}

}  // namespace

void attach(jpeg_common_struct* cinfo, JpegErrors& errors) {
  cinfo->err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = on_error;
  errors.manager.emit_message = on_message;
  errors.manager.output_message = on_output;
}

}  // namespace lagoon::files
