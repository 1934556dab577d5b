// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "process/region.hpp"
#include "process/ring.hpp"
#include "support/sanitizers.hpp"

namespace lagoon::test {

/// What one process has of two rings: the file that it writes, and the peer's, that it can only read.
struct RingSide {
  detail::Mapping own, peers;
  detail::RingPage& own_page() const { return *reinterpret_cast<detail::RingPage*>(own.data()); }
  const detail::RingPage& peers_page() const { return *reinterpret_cast<const detail::RingPage*>(peers.data()); }
  std::span<std::byte> own_data() const { return {own.data() + detail::kRingPage, own.size() - detail::kRingPage}; }
  std::span<const std::byte> peers_data() const {
    return {peers.data() + detail::kRingPage, peers.size() - detail::kRingPage};
  }
  detail::RingWriter writer() const { return {own_page(), own_data(), peers_page()}; }
  detail::RingReader reader() const { return {own_page(), peers_data(), peers_page()}; }
};

/// Two processes in one, each with mappings of its own, the peer's file without the right to write.
///   start  where the indices begin
struct RingPair {
  explicit RingPair(std::size_t ring_bytes, std::uint32_t start = 0) {
    const std::size_t bytes = detail::kRingPage + ring_bytes;
    const detail::File left_file = detail::make_shared_file("left", bytes);
    const detail::File right_file = detail::make_shared_file("right", bytes);
    left.own = {left_file, bytes, true};
    right.own = {right_file, bytes, true};
    detail::seal_for_readers(left_file);
    detail::seal_for_readers(right_file);
    left.peers = {right_file, bytes, false};
    right.peers = {left_file, bytes, false};
    for (detail::RingPage* page : {&left.own_page(), &right.own_page()}) {
      page->tail = start;
      page->head = start;
    }
  }

  // The sides as two threads use them. To the thread sanitizer two mappings of one file are different memory, so it
  // would see no order between what one side writes and the other reads: under it both use the writer's mapping.
  detail::RingWriter left_writer() const {
    return {left.own_page(), left.own_data(), page_of(right, left.peers_page())};
  }
  detail::RingWriter right_writer() const {
    return {right.own_page(), right.own_data(), page_of(left, right.peers_page())};
  }
  detail::RingReader left_reader() const {
    return {left.own_page(), data_of(right, left.peers_data()), page_of(right, left.peers_page())};
  }
  detail::RingReader right_reader() const {
    return {right.own_page(), data_of(left, right.peers_data()), page_of(left, right.peers_page())};
  }

  RingSide left, right;

 private:
  static const detail::RingPage& page_of(const RingSide& maker, const detail::RingPage& seen) {
    return kThreadSanitizer ? maker.own_page() : seen;
  }
  static std::span<const std::byte> data_of(const RingSide& maker, std::span<const std::byte> seen) {
    return kThreadSanitizer ? std::span<const std::byte>(maker.own_data()) : seen;
  }
};

}  // namespace lagoon::test
