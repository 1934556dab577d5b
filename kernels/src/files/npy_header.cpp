// SPDX-License-Identifier: Apache-2.0
#include "npy_header.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <limits>
#include <system_error>

#include "byte_source.hpp"

namespace lagoon::files {
namespace {

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw Error(Status(Errc::invalid_argument, file + ": " + what).with_detail("file", file));
}

/// The Python dictionary in the header, as far as NumPy writes it: 'descr', 'fortran_order', 'shape' in any order.
class Dictionary {
 public:
  Dictionary(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  void read(NpyHeader& header) {
    bool type = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !type) {
        if (peek() == '[') fail(file_, "records (a structured type) are not supported");
        header.type = quoted();
        type = true;
      } else if (key == "fortran_order" && !order) {
        header.column_major = truth();
        order = true;
      } else if (key == "shape" && !shape) {
        extents(header.extents);
        shape = true;
      } else {
        broken();
      }
      if (!accept(',') && peek() != '}') broken();
    }
    if (!type || !order || !shape) broken();
  }

 private:
  [[noreturn]] void broken() const { fail(file_, "the NPY header is broken near byte " + std::to_string(at_)); }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) broken();
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') broken();
    const auto end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) broken();
    std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  bool truth() {
    skip();
    for (bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    broken();
  }
  void extents(std::vector<std::ptrdiff_t>& sizes) {
    expect('(');
    while (!accept(')')) {
      skip();
      std::ptrdiff_t n = -1;
      const auto end = std::from_chars(text_.data() + at_, text_.data() + text_.size(), n);
      if (end.ec != std::errc() || n < 0 || sizes.size() == 64) broken();
      at_ = static_cast<std::size_t>(end.ptr - text_.data());
      accept('L');  // written by Python 2
      sizes.push_back(n);
      if (!accept(',') && peek() != ')') broken();
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
};

std::size_t little_endian(std::span<const std::byte> bytes) {
  std::size_t n = 0;
  for (std::size_t k = bytes.size(); k-- > 0;) n = n << 8 | std::to_integer<std::size_t>(bytes[k]);
  return n;
}

/// Fails unless the elements that the header promises are in the file. Extents beside a 0 count too: strides are made
/// of them.
void check_size(const NpyHeader& header, std::size_t file_size, const std::string& name) {
  std::size_t bytes = std::max<std::size_t>(npy_element_size(header.type), 1);
  bool overflow = false, none = false;
  for (std::ptrdiff_t n : header.extents) {
    none |= n == 0;
    overflow |= __builtin_mul_overflow(bytes, static_cast<std::size_t>(std::max<std::ptrdiff_t>(n, 1)), &bytes);
  }
  overflow |= bytes > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  const std::size_t there = file_size - header.data_offset;
  if (overflow || (!none && bytes > there))
    fail(name, "the header promises " + (overflow ? "more than any file holds" : std::to_string(bytes) + " bytes") +
                   " of elements, the file has " + std::to_string(there));
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  const int descriptor = open_for_reading(path);
  struct stat there {};
  ::fstat(descriptor, &there);
  const auto size = static_cast<std::size_t>(there.st_size);
  void* data = MAP_FAILED;
  if (S_ISREG(there.st_mode) && size > 0) data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  ::close(descriptor);
  if (!S_ISREG(there.st_mode)) fail(path, "an NPY file cannot be read from a pipe or device");
  if (size == 0) fail(path, "the file is empty");
  if (data == MAP_FAILED)
    throw Error(Errc::resource_exhausted, path + ": cannot map it: " + std::generic_category().message(error));
  std::shared_ptr<MappedFile> file(new MappedFile);  // NOLINT: its constructor is private
  file->data_ = static_cast<const std::byte*>(data);
  file->size_ = size;
  return file;
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

std::size_t npy_element_size(std::string_view type) {
  std::size_t size = 0;
  if (type.size() >= 3) std::from_chars(type.data() + 2, type.data() + type.size(), size);
  return size;
}

NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& name) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (!text.starts_with(kMagic)) fail(name, "this is no NPY file: it does not begin with \\x93NUMPY");
  if (file.size() < 10) fail(name, "the file ends inside the NPY header");
  const int version = std::to_integer<int>(file[6]);
  if (version < 1 || version > 3) fail(name, "NPY format " + std::to_string(version) + " is not known; 1 to 3 are");
  const std::size_t length_bytes = version == 1 ? 2 : 4, begin = 8 + length_bytes;
  if (file.size() < begin) fail(name, "the file ends inside the NPY header");
  const std::size_t length = little_endian(file.subspan(8, length_bytes));
  if (length > file.size() - begin) fail(name, "the file ends inside the NPY header");
  NpyHeader header;
  header.data_offset = begin + length;
  Dictionary(text.substr(begin, length), name).read(header);
  check_size(header, file.size(), name);
  return header;
}

std::string make_npy_header(std::string_view type, std::span<const std::ptrdiff_t> extents, bool column_major) {
  constexpr std::size_t kBeforeText = 10, kAlign = 64;
  std::string text =
      "{'descr': '" + std::string(type) + "', 'fortran_order': " + (column_major ? "True" : "False") + ", 'shape': (";
  for (std::size_t k = 0; k < extents.size(); ++k) text += (k ? ", " : "") + std::to_string(extents[k]);
  text += extents.size() == 1 ? ",), }" : "), }";
  text.append((kAlign - (kBeforeText + text.size() + 1) % kAlign) % kAlign, ' ');
  text += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(text.size() & 0xFF);
  head += static_cast<char>(text.size() >> 8);
  return head + text;
}

NpyHeader read_npy_header(const std::string& path) { return parse_npy_header(MappedFile::open(path)->bytes(), path); }

}  // namespace lagoon::files
