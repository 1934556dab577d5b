// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it and does not include it

#include <jpeglib.h>

namespace lagoon::files {

/// What libjpeg has to say, kept where its C may write it: an error jumps to `exit`, the first warnings are kept.
struct JpegErrors {
  jpeg_error_mgr manager{};  // first: libjpeg knows only this
  std::jmp_buf exit{};
  std::array<char, JMSG_LENGTH_MAX> message{};
  int code = 0;          // of the error, one of jerror.h
  bool stopped = false;  // the call is to end
  std::array<std::array<char, JMSG_LENGTH_MAX>, 4> warnings{};
  std::size_t warning_count = 0;
};

/// Makes `cinfo` report to `errors`; before it is created.
void attach(jpeg_common_struct* cinfo, JpegErrors& errors);

inline JpegErrors& errors_of(j_common_ptr cinfo) { return *reinterpret_cast<JpegErrors*>(cinfo->err); }

}  // namespace lagoon::files
