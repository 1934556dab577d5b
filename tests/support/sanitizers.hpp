// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which sanitizer a test was built with: g++ says it by macros, clang++ by features.
#if defined(__has_feature)
#define LAGOON_TEST_HAS(sanitizer) __has_feature(sanitizer)
#else
#define LAGOON_TEST_HAS(sanitizer) 0
#endif

namespace lagoon::test {

#if defined(__SANITIZE_ADDRESS__) || LAGOON_TEST_HAS(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
#if defined(__SANITIZE_THREAD__) || LAGOON_TEST_HAS(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif
inline constexpr bool kSanitized = kAddressSanitizer || kThreadSanitizer;

}  // namespace lagoon::test

#undef LAGOON_TEST_HAS
