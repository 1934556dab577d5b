// SPDX-License-Identifier: Apache-2.0
#include "kernels/dense.hpp"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <thread>

#include "kernels/handover.hpp"
#include "rivals/python_peer.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench {
namespace {

constexpr double kRepetition = 0.3;  // seconds that a repetition takes, where one call takes less

Tensor<double, 2> normal_matrix(std::ptrdiff_t n, bool symmetric, unsigned seed) {
  Tensor<double, 2> a({n, n});
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j) a(i, j) = symmetric && j < i ? a(j, i) : normal(random);
  return a;
}

double largest_of(const std::vector<double>& x) {
  double largest = 0;
  for (const double v : x) largest = std::max(largest, std::abs(v));
  return largest;
}

void check_agree(const std::vector<double>& ours, const rivals::Candidate& other, double tolerance) {
  const std::vector<double> theirs = other.result();
  const double allowed = tolerance * largest_of(ours);
  bool agree = ours.size() == theirs.size();
  for (std::size_t i = 0; agree && i < ours.size(); ++i) agree = std::abs(ours[i] - theirs[i]) <= allowed;
  if (!agree) throw std::runtime_error("the result of " + other.name + " differs from ours");
}

Side side_of(const rivals::Candidate& candidate, double work, double typical) {
  const auto times = static_cast<std::uint64_t>(std::max(1.0, std::round(kRepetition / typical)));
  return {candidate.name,
          [candidate, work](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) seconds.push_back(candidate.seconds());
            set_figure(state, work / median(std::move(seconds)));
            candidate.rest();
          },
          times};
}

double best_of_three(const rivals::Candidate& candidate) {
  double best = candidate.seconds();  // which warms it
  for (int k = 0; k < 3 && best < 1; ++k) best = std::min(best, candidate.seconds());
  candidate.rest();
  return best;
}

}  // namespace

class DenseData::Peer {
 public:
  Peer(const DenseData& data, unsigned threads) : threads_(threads), python_(threads) {
    const std::ptrdiff_t n = data.n();
    const Handover file(data.a().data(), n * n);
    file.add(data.b().data(), n * n);
    python_.ask(fmt::format("load {} {} {}", file.path(), 2 * n, n));
  }
  rivals::Candidate candidate(const std::shared_ptr<Peer>& self, const std::string& task) {
    rivals::Candidate c;
    c.name = python_.ask("choose " + task).at("name").get<std::string>();
    c.seconds = [self] {
      const auto answer = self->python_.ask("time 1");
      self->result_ = answer.at("result").get<std::vector<double>>();
      return answer.at("seconds").get<double>();
    };
    c.result = [self] { return self->result_; };
    if (threads_ > 1) c.rest = [] { std::this_thread::sleep_for(rivals::kUntilAsleep); };
    return c;
  }

 private:
  const unsigned threads_;
  PythonPeer python_;
  std::vector<double> result_;
};

DenseData::DenseData(std::ptrdiff_t n, unsigned threads)
    : n_(n), threads_(threads), a_(normal_matrix(n, false, 1)), b_(normal_matrix(n, true, 2)) {}
DenseData::~DenseData() = default;

std::vector<rivals::Candidate> DenseData::python(const std::string& task, std::string& missing) {
  try {
    if (!peer_) peer_ = std::make_shared<Peer>(*this, threads_);
    return {peer_->candidate(peer_, task)};
  } catch (const std::exception& e) {
    missing = e.what();
    return {};
  }
}

Pair beside_fastest(const rivals::Candidate& ours, const std::vector<rivals::Candidate>& others, double work,
                    double tolerance, const std::string& missing, const std::string& only) {
  const double typical = best_of_three(ours);
  const std::vector<double> expected = ours.result ? ours.result() : std::vector<double>();
  const rivals::Candidate* fastest = nullptr;
  double least = 0;
  std::string note = missing.empty() ? "" : "without Python: " + missing + "; ";
  for (const rivals::Candidate& other : others) {
    if (!other.seconds) continue;
    const double seconds = best_of_three(other);
    if (other.result) check_agree(expected, other, tolerance);
    note += fmt::format("{} {:.3g} ms; ", other.name, 1e3 * seconds);
    if (other.name.rfind(only, 0) != 0 || (fastest && seconds >= least)) continue;
    fastest = &other;
    least = seconds;
  }
  if (note.size() > 2) note.resize(note.size() - 2);
  Pair pair{side_of(ours, work, typical), {}, others.size() > 1 ? note : std::string()};
  pair.rival = fastest ? side_of(*fastest, work, least) : absent("OpenBLAS, Eigen, NumPy", "none of them is installed");
  return pair;
}

}  // namespace lagoon::bench
