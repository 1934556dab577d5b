// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/block.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "link.hpp"

namespace lagoon::detail {

/// An array that a peer has lent. It is let go of with the last handle.
struct BorrowedBlock final : Block {
  BorrowedBlock(std::shared_ptr<Link> from, std::uint32_t lent_as, const std::byte* memory, std::size_t size)
      : link(std::move(from)), token(lent_as), base(memory) {
    bytes = size;
    lender = link->lender();
    destroy = &BorrowedBlock::let_go;
  }
  static void let_go(Block* self) noexcept {
    auto* const borrowed = static_cast<BorrowedBlock*>(self);
    borrowed->link->release(borrowed->token);
    delete borrowed;
  }

  const std::shared_ptr<Link> link;  // keeps the mapping
  const std::uint32_t token;
  const std::byte* const base;  // of the mapping that its elements are seen in
};

/// The block as one that was borrowed over that link, or null.
inline const BorrowedBlock* borrowed_from(const Link& link, const BlockHandle& block) noexcept {
  if (!block || block.get()->destroy != &BorrowedBlock::let_go) return nullptr;
  const auto* borrowed = static_cast<const BorrowedBlock*>(block.get());
  return borrowed->link.get() == &link ? borrowed : nullptr;
}

}  // namespace lagoon::detail
