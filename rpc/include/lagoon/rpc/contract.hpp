// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace lagoon {

/// A name inside a type.
template <std::size_t N>
struct FixedString {
  char text[N]{};
  consteval FixedString(const char (&from)[N]) { std::copy_n(from, N, text); }  // NOLINT: written as a literal
  constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

enum class MethodKind : std::uint8_t { unary, server_stream, client_stream, bidirectional };
std::string_view name(MethodKind kind) noexcept;

/// What a method works on most; balancers may use it.
enum class WorkType : std::uint8_t { balanced, cpu, memory };

// ---- what a contract may say of a method, behind its request and response

/// Calling twice does what calling once does: safe to retry though it may have run.
struct Idempotent {};
/// At most one call at a time per isolate; others wait their turn.
struct Exclusive {};
/// Always runs to its end in microseconds: a call with a deadline may still run on the caller's own thread.
struct Brief {};
struct CpuBound {};
struct MemoryBound {};
/// One sentence for `lagoon describe`.
template <FixedString Text>
struct Doc {
  static constexpr std::string_view text = Text.view();
};

struct MethodTraits {
  bool idempotent = false;
  bool exclusive = false;
  bool brief = false;
  WorkType work = WorkType::balanced;
  std::string_view doc;
};

namespace detail {
template <class Trait>
constexpr void apply_trait(MethodTraits& traits) {
  if constexpr (std::is_same_v<Trait, Idempotent>) {
    traits.idempotent = true;
  } else if constexpr (std::is_same_v<Trait, Exclusive>) {
    traits.exclusive = true;
  } else if constexpr (std::is_same_v<Trait, Brief>) {
    traits.brief = true;
  } else if constexpr (std::is_same_v<Trait, CpuBound>) {
    traits.work = WorkType::cpu;
  } else if constexpr (std::is_same_v<Trait, MemoryBound>) {
    traits.work = WorkType::memory;
  } else {
    traits.doc = Trait::text;
  }
}
}  // namespace detail

/// One method of a contract: its name, kind, what goes in and what comes out.
template <FixedString Name, MethodKind Kind, class RequestT, class ResponseT, class... Traits>
struct Method {
  using Request = RequestT;
  using Response = ResponseT;
  static constexpr std::string_view name = Name.view();
  static constexpr MethodKind kind = Kind;
  static constexpr MethodTraits traits = [] {
    MethodTraits t;
    (detail::apply_trait<Traits>(t), ...);
    return t;
  }();
};

template <FixedString Name, class Request, class Response, class... Traits>
using Unary = Method<Name, MethodKind::unary, Request, Response, Traits...>;
template <FixedString Name, class Request, class Response, class... Traits>
using ServerStream = Method<Name, MethodKind::server_stream, Request, Response, Traits...>;
template <FixedString Name, class Request, class Response, class... Traits>
using ClientStream = Method<Name, MethodKind::client_stream, Request, Response, Traits...>;
template <FixedString Name, class Request, class Response, class... Traits>
using Bidirectional = Method<Name, MethodKind::bidirectional, Request, Response, Traits...>;

/// A service's name and methods, as a type; the structs are the schema, there is no other file.
///
///   using Summarize = lagoon::Unary<"summarize", Series, Summary, lagoon::Idempotent>;
///   using Windows   = lagoon::ServerStream<"windows", Series, Summary>;
///   using Analytics = lagoon::Contract<"lab.Analytics", Summarize, Windows>;
template <FixedString Name, class... Methods>
struct Contract {
  static constexpr std::string_view name = Name.view();
  static constexpr std::size_t size = sizeof...(Methods);
  using MethodList = std::tuple<Methods...>;

  template <class M>
  static constexpr bool has = (std::is_same_v<M, Methods> || ...);

  template <class M>
  static consteval std::size_t index_of() {
    static_assert(has<M>, "lagoon: this contract has no such method");
    std::size_t at = 0, i = 0;
    ((std::is_same_v<M, Methods> ? (at = i, ++i) : ++i), ...);
    return at;
  }

  static_assert(
      [] {
        const std::string_view names[] = {Methods::name..., ""};
        for (std::size_t i = 0; i < sizeof...(Methods); ++i)
          for (std::size_t j = 0; j < i; ++j)
            if (names[i] == names[j]) return false;
        return true;
      }(),
      "lagoon: two methods of this contract have the same name");
};

}  // namespace lagoon
