// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/wire.hpp>

#include <algorithm>
#include <cereal/cereal.hpp>
#include <cstring>
#include <lagoon/core/error.hpp>
#include <memory>

namespace lagoon::detail {
namespace {

// cereal's binary archive writes through a std::ostream, which costs more than all else that a small message needs;
// these two are archives of cereal over plain memory.

template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;

/// A message that grows; the room that it grew to stays for the next one, unless that would be much.
class GrowingBytes final : public cereal::OutputArchive<GrowingBytes, cereal::AllowEmptyClassElision> {
 public:
  GrowingBytes() : OutputArchive(this) {}
  void clear() noexcept {
    if (room_ > kMostKept) {
      bytes_.reset();
      room_ = 0;
    }
    size_ = 0;
  }
  std::span<const std::byte> written() const noexcept { return {bytes_.get(), size_}; }
  void append(const void* from, std::size_t n) {
    if (room_ - size_ < n) grow(n);
    std::memcpy(bytes_.get() + size_, from, n);
    size_ += n;
  }

 private:
  static constexpr std::size_t kMostKept = 1 << 20;

  void grow(std::size_t n) {
    const std::size_t room = std::max<std::size_t>({256, 2 * room_, size_ + n});
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(room);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    room_ = room;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0, room_ = 0;
};

template <Arithmetic T>
void save(GrowingBytes& to, const T& number) {
  to.append(&number, sizeof number);
}
template <class T>
void save(GrowingBytes& to, const cereal::BinaryData<T>& bytes) {
  to.append(bytes.data, bytes.size);
}

/// A message that is read; nobody asks it for more than is left.
class GivenBytes final : public cereal::InputArchive<GivenBytes, cereal::AllowEmptyClassElision> {
 public:
  GivenBytes() : InputArchive(this) {}
  void begin(std::span<const std::byte> message) noexcept {
    message_ = message;
    at_ = 0;
  }
  std::size_t at() const noexcept { return at_; }
  std::size_t left() const noexcept { return message_.size() - at_; }
  void take(void* into, std::size_t n) noexcept {
    std::memcpy(into, message_.data() + at_, n);
    at_ += n;
  }

 private:
  std::span<const std::byte> message_;
  std::size_t at_ = 0;
};

template <Arithmetic T>
void load(GivenBytes& from, T& number) {
  from.take(&number, sizeof number);
}
template <class T>
void load(GivenBytes& from, cereal::BinaryData<T>& bytes) {
  from.take(bytes.data, bytes.size);
}

}  // namespace

struct Encoder::Archive {
  GrowingBytes out;
};

Encoder::Encoder() : archive_(std::make_unique<Archive>()) {}
Encoder::~Encoder() = default;

void Encoder::begin(ArraySender& arrays) noexcept {
  archive_->out.clear();
  arrays_ = &arrays;
  depth_ = 0;
}
std::span<const std::byte> Encoder::bytes() const noexcept { return archive_->out.written(); }

void Encoder::number(bool value) { archive_->out(static_cast<std::uint8_t>(value)); }
void Encoder::number(std::int64_t value) { archive_->out(value); }
void Encoder::number(std::uint64_t value) { archive_->out(value); }
void Encoder::number(double value) { archive_->out(value); }
void Encoder::number(float value) { archive_->out(value); }
void Encoder::text(std::string_view value) {
  number(static_cast<std::uint64_t>(value.size()));
  raw(value.data(), value.size());
}
void Encoder::raw(const void* data, std::size_t bytes) {
  if (bytes > 0) archive_->out(cereal::binary_data(data, bytes));
}

void Encoder::array(const void* data, std::size_t bytes, const BlockHandle& keep, bool unique) {
  Placed place;
  if (!keep) {
    place.kind = Placed::nothing;
  } else if (bytes > 0) {
    place = arrays_->lend(data, bytes, keep, unique);
  }
  archive_->out(static_cast<std::uint8_t>(place.kind));
  if (place.kind == Placed::lent) {
    archive_->out(place.region, place.token, place.offset);
  } else if (place.kind == Placed::in_line) {
    raw(data, bytes);
  }
}

struct Decoder::Archive {
  GivenBytes in;

  template <class T>
  T read(const Decoder& decoder) {
    decoder.need(sizeof(T));
    T value;
    in(value);
    return value;
  }
};

Decoder::Decoder() : archive_(std::make_unique<Archive>()) {}
Decoder::~Decoder() = default;

void Decoder::begin(std::span<const std::byte> message, ArrayReceiver& arrays) noexcept {
  archive_->in.begin(message);
  arrays_ = &arrays;
  depth_ = 0;
}
void Decoder::end() const {
  if (left() > 0) fail(std::to_string(left()) + " bytes are left over");
}
std::size_t Decoder::left() const noexcept { return archive_->in.left(); }

void Decoder::need(std::size_t bytes) const {
  if (bytes > left()) fail(std::to_string(bytes) + " bytes are wanted, " + std::to_string(left()) + " are left");
}
void Decoder::fail(const std::string& what) const { fail_before(0, what); }
void Decoder::fail_before(std::size_t bytes, const std::string& what) const {
  throw Error(Errc::data_loss, "message, byte " + std::to_string(archive_->in.at() - bytes) + ": " + what);
}

bool Decoder::truth() {
  const auto value = archive_->read<std::uint8_t>(*this);
  if (value > 1) fail_before(1, "neither true nor false: " + std::to_string(value));
  return value == 1;
}
std::int64_t Decoder::integer() { return archive_->read<std::int64_t>(*this); }
std::int64_t Decoder::integer(std::int64_t least, std::int64_t most) {
  const std::int64_t value = integer();
  if (value < least || value > most)
    fail_before(sizeof value,
                std::to_string(value) + " is outside [" + std::to_string(least) + ", " + std::to_string(most) + "]");
  return value;
}
std::uint64_t Decoder::natural() { return archive_->read<std::uint64_t>(*this); }
std::uint64_t Decoder::natural(std::uint64_t most) {
  const std::uint64_t value = natural();
  if (value > most) fail_before(sizeof value, std::to_string(value) + " is over " + std::to_string(most));
  return value;
}
double Decoder::real() { return archive_->read<double>(*this); }
float Decoder::single() { return archive_->read<float>(*this); }

std::string Decoder::text() {
  std::string text(count(1), '\0');
  raw(text.data(), text.size());
  return text;
}
void Decoder::raw(void* into, std::size_t bytes) {
  need(bytes);
  if (bytes > 0) archive_->in(cereal::binary_data(into, bytes));
}

std::size_t Decoder::count(std::size_t least_bytes) {
  const std::uint64_t count = natural();
  if (count > left() / least_bytes)
    fail_before(sizeof count, std::to_string(count) + " things of at least " + std::to_string(least_bytes) +
                                  " bytes cannot be in the " + std::to_string(left()) + " that are left");
  return count;
}

Allocation Decoder::array(std::size_t element_bytes, std::span<std::ptrdiff_t> extents, bool unique,
                          std::size_t alignment) {
  // The product of all but the zeros has to fit, since strides are made of it.
  std::int64_t bytes = static_cast<std::int64_t>(element_bytes);
  bool empty = false, zeros = true;
  for (std::ptrdiff_t& extent : extents) {
    extent = integer(0, PTRDIFF_MAX);
    zeros = zeros && extent == 0;
    empty = empty || extent == 0;
    if (extent > 0 && __builtin_mul_overflow(bytes, extent, &bytes))
      fail_before(sizeof bytes, "the product of the extents does not fit in memory");
  }
  const std::size_t size = empty ? 0 : static_cast<std::size_t>(bytes);

  const auto kind = archive_->read<std::uint8_t>(*this);
  if (kind == Placed::nothing && zeros) return {};
  if (kind == Placed::in_line) {
    need(size);  // before it is allocated
    Allocation elements = allocate_elements(size, current_memory());
    raw(elements.data, size);
    return elements;
  }
  if (kind != Placed::lent || empty) fail_before(1, "no place of an array: " + std::to_string(kind));
  need(sizeof Placed::region + sizeof Placed::token + sizeof Placed::offset);
  Placed place{.kind = Placed::lent};
  archive_->in(place.region, place.token, place.offset);
  Allocation elements = arrays_->borrow(place, size, unique);
  if (reinterpret_cast<std::uintptr_t>(elements.data) % alignment != 0)
    fail_before(sizeof place.offset, "a lent array is not aligned to " + std::to_string(alignment));
  return elements;
}

Nesting::Nesting(Encoder& out) : depth_(out.depth_) {
  if (depth_ == kMost)
    throw Error(Errc::invalid_argument, "a message has lists within lists, over " + std::to_string(kMost) + " deep");
  ++depth_;
}
Nesting::Nesting(Decoder& in) : depth_(in.depth_) {
  if (depth_ == kMost) in.fail("lists within lists, over " + std::to_string(kMost) + " deep");
  ++depth_;
}

}  // namespace lagoon::detail
