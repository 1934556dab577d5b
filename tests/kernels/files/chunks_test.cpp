// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>

#include <ostream>
#include <string>

#include "src/files/chunks.hpp"

namespace lagoon::files {
namespace {

std::string letters(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * i % 26);
  return text;
}

TEST(Chunks, KeepBytesInTheirOrderWhateverPiecesTheyComeIn) {
  const std::string whole = letters(1'500'000);
  for (const std::size_t piece : {std::size_t{1} << 14, std::size_t{9'999}, std::size_t{700'000}}) {
    Chunks chunks;
    for (std::size_t at = 0; at < whole.size(); at += piece)
      chunks.append(whole.data() + at, std::min(piece, whole.size() - at));
    EXPECT_EQ(chunks.size(), whole.size());
    EXPECT_EQ(chunks.text("before "), "before " + whole);
    const std::vector<std::byte> joined = chunks.joined();
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(joined.data()), joined.size()), whole);
  }
}

TEST(Chunks, OfNothingAreNothing) {
  const Chunks none;
  EXPECT_EQ(none.text(), "");
  EXPECT_TRUE(none.joined().empty());
}

TEST(Chunks, TakeWhatAStreamIsGiven) {
  Chunks chunks;
  ChunkBuffer buffer(chunks);
  std::ostream out(&buffer);
  const std::string whole = letters(600'000);
  out << "head" << '\n' << whole;
  EXPECT_EQ(chunks.text(), "head\n" + whole);
}

TEST(Chunks, StopWhenTheCallIsToEnd) {
  StopControl stop;
  const StopScope scope(&stop);
  Chunks chunks;
  chunks.append("some", 4);
  stop.request_stop();
  ChunkBuffer buffer(chunks);
  EXPECT_THROW(chunks.text(), Error);
  EXPECT_THROW(buffer.sputn("more", 4), Error);
  EXPECT_EQ(chunks.size(), 4U);
}

}  // namespace
}  // namespace lagoon::files
