// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/block.hpp>
#include <lagoon/core/status.hpp>
#include <lagoon/rpc/metadata.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// Messages as bytes, for peers that share no address space: a small structure, and arrays that stay where they are.
// Both sides are of one machine and one build, so numbers have the machine's byte order. `encode` and `decode` of
// message types are in wire_types.hpp.
namespace lagoon::detail {

/// Where the peer finds the bytes of an array.
struct Placed {
  enum Kind : std::uint8_t {
    in_line,  ///< in the message itself
    lent,     ///< in memory that both sides see, until the peer lets go of it
    nothing,  ///< there is no array: none was made, or it was moved away; never what an ArraySender says
  };
  Kind kind = in_line;
  std::uint32_t region = 0;  ///< which memory
  std::uint32_t token = 0;   ///< what the peer lets go of
  std::uint64_t offset = 0;
};

/// What becomes of the arrays of a message that is encoded.
class ArraySender {
 public:
  /// `bytes` at `data` are kept alive by `keep` for as long as the peer needs them. Never asked about no bytes.
  ///   unique   the array was the sender's alone: the peer may write to it
  ///   throws   resource_exhausted (no room to copy it to), failed_precondition (it would be copied, and must not)
  virtual Placed lend(const void* data, std::size_t bytes, const BlockHandle& keep, bool unique) = 0;

 protected:
  ~ArraySender() = default;
};

/// Where arrays of a message that is decoded are found. Nothing that a message says is believed.
class ArrayReceiver {
 public:
  /// The elements of a lent array, at least one byte; the block lets go of it.
  ///   throws  data_loss when the place is none that the peer may have lent
  virtual Allocation borrow(const Placed& place, std::size_t bytes, bool unique) = 0;

 protected:
  ~ArrayReceiver() = default;
};

/// Writes one message at a time; one for each thread, so that what it is made of is made once.
///   cost   no allocation once a message as long has been written; some 20 instructions a number, 30 to decode one
class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// Begins a message; what bytes() gave before is gone.
  void begin(ArraySender& arrays) noexcept;
  /// The message so far; until something is added to it.
  std::span<const std::byte> bytes() const noexcept;

  void number(bool value);
  void number(std::int64_t value);
  void number(std::uint64_t value);
  void number(double value);
  void number(float value);
  void text(std::string_view value);
  /// Plain bytes without a length.
  void raw(const void* data, std::size_t bytes);
  /// The elements of an array in row-major order, after its extents. Without `keep` there is no array.
  void array(const void* data, std::size_t bytes, const BlockHandle& keep, bool unique);

 private:
  friend class Nesting;
  struct Archive;
  std::unique_ptr<Archive> archive_;
  ArraySender* arrays_ = nullptr;
  std::uint32_t depth_ = 0;
};

/// Reads a message that may be anything.
///   throws   Error(data_loss) saying at which byte: too short, a value that cannot be, something left over
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// `message` is read from now until end(); nobody may write to it meanwhile.
  void begin(std::span<const std::byte> message, ArrayReceiver& arrays) noexcept;
  /// The message has been read to its end.
  void end() const;
  std::size_t left() const noexcept;

  bool truth();
  std::int64_t integer();
  std::int64_t integer(std::int64_t least, std::int64_t most);
  std::uint64_t natural();
  std::uint64_t natural(std::uint64_t most);
  double real();
  float single();
  std::string text();
  void raw(void* into, std::size_t bytes);
  /// A count of things that take at least so many bytes each, one or more: no more of them than can follow.
  std::size_t count(std::size_t least_bytes);
  /// Elements of `element_bytes` each, in row-major order; sets the extents. In-line ones are copied into
  /// current_memory(), on a cache line; lent ones must be aligned to `alignment`.
  Allocation array(std::size_t element_bytes, std::span<std::ptrdiff_t> extents, bool unique,
                   std::size_t alignment = 1);
  [[noreturn]] void fail(const std::string& what) const;

 private:
  friend class Nesting;
  struct Archive;
  void need(std::size_t bytes) const;
  [[noreturn]] void fail_before(std::size_t bytes, const std::string& what) const;
  std::unique_ptr<Archive> archive_;
  ArrayReceiver* arrays_ = nullptr;
  std::uint32_t depth_ = 0;
};

/// One level of lists within lists, while it lives. A type may contain itself through a vector, and a short message
/// could say so often enough to exhaust the stack.
///   throws  invalid_argument when encoding, data_loss when decoding
class Nesting {
 public:
  static constexpr std::uint32_t kMost = 64;
  explicit Nesting(Encoder& out);
  explicit Nesting(Decoder& in);
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  std::uint32_t& depth_;
};

/// A status with its causes; of a chain of more than 8, or of more than 64 details each, the first.
void encode(Encoder& out, const Status& status);
Status decode_status(Decoder& in);

void encode(Encoder& out, const Metadata& metadata);
/// throws  data_loss when a limit of Metadata is passed
Metadata decode_metadata(Decoder& in);

}  // namespace lagoon::detail
