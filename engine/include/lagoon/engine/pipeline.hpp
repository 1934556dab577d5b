// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <lagoon/core/result.hpp>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lagoon {

/// How far a pipeline, or a stream of batches, has come.
struct Progress {
  std::size_t done = 0;
  std::size_t total = 0;  ///< 0: not known in advance
  double fraction() const noexcept { return total ? static_cast<double>(done) / static_cast<double>(total) : 0; }
};

struct PipelineOptions {
  std::size_t in_flight = 0;  ///< items between source and end at once; 0: twice the usable threads
  std::function<void(const Progress&)> on_progress = {};  ///< after each item, in order, one at a time
};

namespace detail {

/// One stage without its types. Reads the value at `in`, which it may move from, and makes one at `out`.
struct StageSpec {
  std::string name;
  bool in_order = false;
  std::shared_ptr<void> function;
  bool (*run)(void* function, void* in, void* out, Status& failure) = nullptr;
  void (*destroy)(void*) noexcept = nullptr;  // of the value made; null: nothing to do
  std::size_t size = 0;
  std::size_t alignment = 1;
};

/// Where items come from, one at a time.
class PipelineSource {
 public:
  virtual ~PipelineSource() = default;
  /// The next item: made at `place`, or somewhere else that stays; null at the end. May throw.
  virtual void* next(void* place) = 0;
  virtual std::size_t total() const { return 0; }
  void (*destroy)(void*) noexcept = nullptr;  // of items made at `place`
  std::size_t size = 0;
  std::size_t alignment = 1;
};

struct PipelineRun {
  std::unique_ptr<PipelineSource> source;
  std::vector<StageSpec> stages;
  // Called for each result, in order.
  void (*collect)(void* context, void* value) = nullptr;
  void* collect_context = nullptr;
};

/// Number of items done, or the first failure by item number.
Result<std::size_t> run_pipeline(PipelineRun& run, const PipelineOptions& options);

template <class T>
constexpr void (*destroyer())(void*) noexcept {
  if constexpr (std::is_trivially_destructible_v<T>) {
    return nullptr;
  } else {
    return [](void* value) noexcept { static_cast<T*>(value)->~T(); };
  }
}

// An item of type T is handed on as T&&; one that belongs to somebody else is a const T&.
template <class Item>
Item&& item_at(void* place) {
  return static_cast<Item&&>(*static_cast<std::remove_reference_t<Item>*>(place));
}

// Items of a range. Those of a container given away are moved, those of others only looked at.
template <class Range, class Item>
class RangeSource final : public PipelineSource {
 public:
  using Holder = std::conditional_t<std::is_lvalue_reference_v<Range>, std::remove_reference_t<Range>*, Range>;
  explicit RangeSource(Range&& range) : range_(hold(std::forward<Range>(range))), at_(std::begin(get())) {
    if constexpr (!kByReference) {
      size = sizeof(Item);
      alignment = alignof(Item);
      destroy = destroyer<Item>();
    }
  }
  void* next(void* place) override {
    if (started_) ++at_;
    started_ = true;
    if (at_ == std::end(get())) return nullptr;
    if constexpr (kByReference) {
      return const_cast<void*>(static_cast<const void*>(std::addressof(*at_)));
    } else {
      return ::new (place) Item(*at_);
    }
  }
  std::size_t total() const override {
    if constexpr (requires(const std::remove_reference_t<Range>& r) { std::size(r); }) {
      return std::size(const_cast<RangeSource*>(this)->get());
    } else {
      return 0;
    }
  }

 private:
  static constexpr bool kByReference =
      std::is_lvalue_reference_v<decltype(*std::begin(std::declval<std::remove_reference_t<Range>&>()))>;
  static Holder hold(Range&& range) {
    if constexpr (std::is_lvalue_reference_v<Range>) {
      return &range;
    } else {
      return std::move(range);
    }
  }
  auto& get() {
    if constexpr (std::is_lvalue_reference_v<Range>) {
      return *range_;
    } else {
      return range_;
    }
  }
  Holder range_;
  decltype(std::begin(std::declval<std::remove_reference_t<Range>&>())) at_;
  bool started_ = false;
};

// Items of a function that returns std::optional, until it returns none.
template <class F, class Item>
class FunctionSource final : public PipelineSource {
 public:
  explicit FunctionSource(F next) : next_(std::move(next)) {
    size = sizeof(Item);
    alignment = alignof(Item);
    destroy = destroyer<Item>();
  }
  void* next(void* place) override {
    std::optional<Item> item = next_();
    return item ? ::new (place) Item(std::move(*item)) : nullptr;
  }

 private:
  F next_;
};

template <class Range>
struct ItemOf {
  using Plain = std::remove_reference_t<Range>;
  using Reference = decltype(*std::begin(std::declval<Plain&>()));
  using OfConst = decltype(*std::begin(std::declval<const Plain&>()));
  using Value = std::remove_cvref_t<Reference>;
  // A container given away owns what it holds, which shows in that a const one gives const elements; a span does not.
  static constexpr bool kOwns =
      !std::is_lvalue_reference_v<Range> && std::is_same_v<Reference, Value&> && std::is_same_v<OfConst, const Value&>;
  using type = std::conditional_t<kOwns || !std::is_lvalue_reference_v<Reference>, Value, const Value&>;
};

template <class F>
concept GivesOptional = requires(F& f) {
  { *f() };
  f().has_value();
  typename std::invoke_result_t<F&>::value_type;
};

}  // namespace detail

/// A stream of items through stages: items overlap, each stage sees them one at a time or several at once, and no
/// more than `in_flight` exist between the ends, however many there are.
///
///   Result<std::size_t> done = each(paths)
///       .parallel("decode", [](const Path& p) { return read(p); })       // several items at once
///       .parallel("resize", [](Image&& i) { return resize(i, 800, 600); })
///       .in_order("write",  [&](Image&& i) { archive.append(i); })       // one at a time, in the order of the items
///       .run({.in_flight = 8, .on_progress = [](const Progress& p) { show(p.fraction()); }});
///
/// A stage takes its item as T&& (it may move from it; items may be move-only), or as const T& in the first stage
/// over a range that stays the caller's. It returns the next item, a Result of it, or nothing in the last stage.
///
///   run, collect  give the failure of the item that comes first in the source, with names of item and stage: every
///                 item before it is done, later ones may be. Nothing is thrown. Stop is polled before each stage;
///                 stop, deadline, memory and trace of the call reach all stages. While it waits, this thread works
///                 for this pipeline only
///   cost          one allocation for all items in flight; about 0.2 us an item with three stages
template <class Item>
class [[nodiscard]] Pipeline {
 public:
  using value_type = std::remove_cvref_t<Item>;

  /// A stage that works on several items at once; calls share `f`, so it has to be const.
  template <class F>
  auto parallel(std::string name, F f) && {
    static_assert(std::is_invocable_v<const F&, Item> || !std::is_invocable_v<F&, Item>,
                  "lagoon: several items use the function of a parallel stage at once, so it must be const: no "
                  "`mutable` lambda; in_order takes one");
    return std::move(*this).template stage<const F>(std::move(name), std::move(f), false);
  }
  /// A stage that takes one item at a time, in the order of the source.
  template <class F>
  auto in_order(std::string name, F f) && {
    return std::move(*this).template stage<F>(std::move(name), std::move(f), true);
  }

  /// Runs all items. A pipeline runs once: its items are gone afterwards.
  ///   returns  the number of items done; failed_precondition the second time
  Result<std::size_t> run(const PipelineOptions& options = {}) { return detail::run_pipeline(run_, options); }

  /// Runs all items and gives what the last stage returned, in the order of the items.
  Result<std::vector<value_type>> collect(const PipelineOptions& options = {})
    requires(!std::is_void_v<Item>)
  {
    std::vector<value_type> all;
    run_.collect = [](void* context, void* value) {
      static_cast<std::vector<value_type>*>(context)->push_back(detail::item_at<Item>(value));
    };
    run_.collect_context = &all;
    if (Result<std::size_t> done = run(options); !done) return done.status();
    return all;
  }

 private:
  template <class>
  friend class Pipeline;
  template <class Range>
    requires(!detail::GivesOptional<Range>)
  friend auto each(Range&& range);
  template <detail::GivesOptional F>
  friend auto each(F next);

  explicit Pipeline(detail::PipelineRun run) : run_(std::move(run)) {}

  template <class F>
  auto stage(std::string name, std::remove_const_t<F> f, bool in_order) && {
    static_assert(!std::is_void_v<Item>, "lagoon: the stage before returns nothing, so it is the last");
    static_assert(std::is_invocable_v<F&, Item>,
                  "lagoon: the stage cannot be called with what the stage before it returns (as T&&)");
    using Returned = std::remove_cvref_t<std::invoke_result_t<F&, Item>>;
    using Next = typename decltype(next_of<Returned>())::type;
    detail::StageSpec spec;
    spec.name = std::move(name);
    spec.in_order = in_order;
    spec.function = std::make_shared<std::remove_const_t<F>>(std::move(f));
    if constexpr (!std::is_void_v<Next>) {
      spec.size = sizeof(Next);
      spec.alignment = alignof(Next);
      spec.destroy = detail::destroyer<Next>();
    }
    spec.run = [](void* function, void* in, void* out, Status& failure) {
      F& call = *static_cast<F*>(function);
      if constexpr (std::is_void_v<Returned>) {
        std::invoke(call, detail::item_at<Item>(in));
      } else if constexpr (detail::is_result<Returned>) {
        Returned result = std::invoke(call, detail::item_at<Item>(in));
        if (!result.ok()) {
          failure = result.status();
          return false;
        }
        if constexpr (!std::is_void_v<Next>) ::new (out) Next(std::move(*result));
      } else {
        ::new (out) Next(std::invoke(call, detail::item_at<Item>(in)));
      }
      return true;
    };
    run_.stages.push_back(std::move(spec));
    return Pipeline<Next>(std::move(run_));
  }

  template <class Returned>
  static auto next_of() {
    if constexpr (detail::is_result<Returned>) {
      return std::type_identity<typename Returned::value_type>();
    } else {
      return std::type_identity<Returned>();
    }
  }

  detail::PipelineRun run_;
};

/// A pipeline over a range: of a container that is given away (each(std::move(v))) items are moved, one that is
/// named stays the caller's and lives until run returns.
template <class Range>
  requires(!detail::GivesOptional<Range>)
auto each(Range&& range) {
  using Item = typename detail::ItemOf<Range>::type;
  detail::PipelineRun run;
  run.source = std::make_unique<detail::RangeSource<Range, Item>>(std::forward<Range>(range));
  return Pipeline<Item>(std::move(run));
}

/// A pipeline over what a function returns, until it returns an empty std::optional. It is called by one thread at
/// a time.
///
///   each([&]() -> std::optional<Frame> { return camera.next(); })
template <detail::GivesOptional F>
auto each(F next) {
  using Item = typename std::invoke_result_t<F&>::value_type;
  detail::PipelineRun run;
  run.source = std::make_unique<detail::FunctionSource<F, Item>>(std::move(next));
  return Pipeline<Item>(std::move(run));
}

}  // namespace lagoon
