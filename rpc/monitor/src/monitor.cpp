// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/error.hpp>
#include <lagoon/monitor/monitor.hpp>
#include <lagoon/monitor/publish.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

namespace lagoon {
namespace {

constexpr std::size_t kWarnings = 1000;  // in a report

}  // namespace

class Monitor::State {
 public:
  State(std::function<PoolReport()> look, MonitorOptions options)
      : look_(std::move(look)),
        options_(std::move(options)),
        clock_(options_.clock ? *options_.clock : lagoon::system_clock()) {
    if (options_.interval <= options_.interval.zero())
      throw Error(Errc::invalid_argument,
                  "Monitor: the interval is " + std::to_string(options_.interval.count()) + " ns; it must be above 0");
    if (options_.publish)
      publisher_ =
          std::make_unique<Publisher>(options_.publish_folder.empty() ? publish_folder() : options_.publish_folder);
    next_ = clock_.now() + options_.interval;
    first_ = last_ = look_();
    try {
      thread_ = std::thread([this]() noexcept { run(); });
    } catch (const std::system_error& e) {
      throw Error(Errc::resource_exhausted, std::string("Monitor: no thread: ") + e.what());
    }
  }

  ~State() { stop(); }

  void stop() {
    std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable()) return;
    over_.store(1);
    futex_wake(over_);
    thread_.join();
  }

  RunReport finish() {
    stop();
    std::lock_guard lock(stop_mutex_);
    if (!final_) {
      look();
      publisher_.reset();  // nothing will be said any more: readers see the end, and nobody waits for a next line
      RunReport all = report();
      std::lock_guard also(mutex_);
      final_ = std::move(all);
    }
    return *final_;
  }

  RunReport report() const {
    std::lock_guard lock(mutex_);
    if (final_) return *final_;  // names within PoolReports are the pool's, which may be gone
    RunReport all;
    all.pool = last_.pool;
    all.version = LAGOON_VERSION;
    all.total = interval_between(first_, last_);
    all.history.assign(history_.begin(), history_.end());
    all.forgotten = forgotten_;
    all.missed = missed_;
    all.missed_why = missed_why_;
    all.warnings = warnings_;
    all.more_warnings = more_warnings_;
    return all;
  }

 private:
  void run() {
    while (over_.load() == 0) {
      clock_.wait(over_, 0, next_);
      const TimePoint now = clock_.now();
      if (over_.load() != 0 || now < next_) continue;
      look();
      // Intervals that have passed before the look are one: after a long stop there is no burst of looks.
      next_ += options_.interval * (1 + (now - next_) / options_.interval);
    }
  }

  void look() {
    PoolInterval interval;
    std::vector<PoolWarning> told;
    try {
      PoolReport now = look_();
      interval = interval_between(last_, now);
      std::lock_guard lock(mutex_);
      if (options_.keep > 0) history_.push_back(interval);
      last_ = std::move(now);  // behind what can fail: an interval that is not kept is part of the next
      if (history_.size() > options_.keep || options_.keep == 0) {
        if (!history_.empty()) history_.pop_front();
        ++forgotten_;
      }
      told = crossings(interval);
    } catch (const std::exception& e) {
      return miss(e.what());
    } catch (...) {
      return miss("an exception of no known type");
    }
    publish(interval);
    if (options_.on_interval) options_.on_interval(interval);
    if (options_.on_warning)
      for (const PoolWarning& w : told) options_.on_warning(w);
  }

  /// Whatever failed, what is watched goes on; the next interval is as long as two.
  void miss(const char* why) noexcept {
    std::lock_guard lock(mutex_);
    ++missed_;
    try {
      missed_why_ = why;
    } catch (const std::bad_alloc&) {
      missed_why_ = "no memory";  // short enough to need none
    }
  }

  void publish(const PoolInterval& interval) {
    if (!publisher_ || !publisher_->admit()) return;
    try {
      publisher_->send(json_of(interval));
    } catch (const std::bad_alloc&) {
      // Who reads sees the next one.
    }
  }

  /// What is above its limit now and was not before.
  std::vector<PoolWarning> crossings(const PoolInterval& interval) {
    std::set<std::string> above;
    std::vector<PoolWarning> told;
    const auto compare = [&](const char* what, std::string where, double value, double limit) {
      if (!(value > limit)) return;
      const std::string key = std::string(what) + ' ' + where;
      if (!above_.contains(key)) told.push_back({interval.at, what, std::move(where), value, limit});
      above.insert(key);
    };
    for (const WorkerInterval& w : interval.workers)
      compare("memory", w.worker, w.memory_share(), options_.memory_share);
    for (const MethodInterval& m : interval.methods)
      compare("latency", m.service + "." + m.method, m.latency.p99,
              std::chrono::duration<double>(options_.p99_limit).count());
    above_ = std::move(above);
    for (const PoolWarning& w : told) {
      if (warnings_.size() < kWarnings)
        warnings_.push_back(w);
      else
        ++more_warnings_;
    }
    return told;
  }

  const std::function<PoolReport()> look_;
  const MonitorOptions options_;
  const Clock& clock_;
  std::atomic<std::uint32_t> over_{0};  // a futex
  TimePoint next_;                      // of the monitor's thread
  std::set<std::string> above_;         // of who looks
  std::unique_ptr<Publisher> publisher_;

  mutable std::mutex mutex_;  // guards what follows
  PoolReport first_, last_;
  std::deque<PoolInterval> history_;
  std::vector<PoolWarning> warnings_;
  std::uint64_t forgotten_ = 0, missed_ = 0, more_warnings_ = 0;
  std::string missed_why_;
  std::optional<RunReport> final_;

  std::mutex stop_mutex_;
  std::thread thread_;  // last: it uses all of the above
};

Monitor::Monitor(std::function<PoolReport()> look, MonitorOptions options)
    : state_(std::make_unique<State>(std::move(look), std::move(options))) {}

Monitor::Monitor(const Pool& pool, MonitorOptions options)
    : Monitor([&pool] { return pool.overview(); }, std::move(options)) {}

Monitor::~Monitor() = default;

RunReport Monitor::report() const { return state_->report(); }

RunReport Monitor::finish() { return state_->finish(); }

}  // namespace lagoon
