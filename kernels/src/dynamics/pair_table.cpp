// SPDX-License-Identifier: Apache-2.0
#include "pair_table.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lagoon::dynamics::detail {
namespace {

using std::numbers::inv_sqrtpi;
using std::numbers::pi;

/// erf(a sqrt(u)) / sqrt(u): an entire function of u, so that polynomials converge fast. Near zero by its series.
double screened(double a, double u) {
  const double t = a * a * u;
  if (t > 0.25) return std::erf(a * std::sqrt(u)) / std::sqrt(u);
  double term = 1, sum = 0;
  for (int k = 0; k < 16; ++k) {
    sum += term / (2 * k + 1);
    term *= -t / (k + 1);
  }
  return 2 * a * inv_sqrtpi * sum;
}

/// Its derivative by u.
double screened_slope(double a, double u) {
  const double t = a * a * u;
  if (t > 0.25) return (2 * a * inv_sqrtpi * std::exp(-t) - screened(a, u)) / (2 * u);
  double term = -1, sum = 0;
  for (int k = 1; k < 17; ++k) {
    sum += term * k / (2 * k + 1);
    term *= -t / (k + 1);
  }
  return 2 * a * inv_sqrtpi * a * a * sum;
}

std::vector<float> rounded(const std::vector<double>& x) { return {x.begin(), x.end()}; }

double reach(const LennardJones& p, double rc, int power) { return 4 * p.epsilon * std::pow(p.sigma / rc, power); }

}  // namespace

Chebyshev Chebyshev::fit(const std::function<double(double)>& f, double end, double tolerance) {
  constexpr int kNodes = 64;
  std::vector<double> values(kNodes), terms(kNodes);
  for (int k = 0; k < kNodes; ++k)
    values[static_cast<std::size_t>(k)] = f(0.5 * end * (1 + std::cos(pi * (k + 0.5) / kNodes)));
  double most = 0;
  for (int j = 0; j < kNodes; ++j) {
    double sum = 0;
    for (int k = 0; k < kNodes; ++k) sum += values[static_cast<std::size_t>(k)] * std::cos(pi * j * (k + 0.5) / kNodes);
    terms[static_cast<std::size_t>(j)] = sum * 2 / kNodes;
    most = std::max(most, std::abs(terms[static_cast<std::size_t>(j)]));
  }
  terms[0] /= 2;
  while (terms.size() > 2 && std::abs(terms.back()) < tolerance * most) terms.pop_back();
  return {std::move(terms), end};
}

LennardJones mix(const Model& m, int a, int b) {
  for (const MixedPair& p : m.mixed)
    if ((p.a == a && p.b == b) || (p.a == b && p.b == a)) return p.pair;
  const LennardJones& p = m.types[static_cast<std::size_t>(a)];
  const LennardJones& q = m.types[static_cast<std::size_t>(b)];
  if (a == b) return p;
  return {std::sqrt(p.epsilon * q.epsilon),
          m.mixing == Mixing::lorentz_berthelot ? 0.5 * (p.sigma + q.sigma) : std::sqrt(p.sigma * q.sigma)};
}

PairTable::PairTable(const Model& m, const System& s)
    : types(std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(s.masses.size()))),
      cutoff2(m.cutoff * m.cutoff),
      forces_shifted(m.truncation == Truncation::force_shifted),
      electrostatics(s.charges.empty() ? Electrostatics::none : m.electrostatics),
      coulomb(s.units.coulomb) {
  const double rc = m.cutoff;
  for (int a = 0; a < types; ++a)
    for (int b = 0; b < types; ++b) {
      const LennardJones p = m.pair ? LennardJones{0, 0} : mix(m, a, b);
      const double s6 = std::pow(p.sigma, 6);
      const double energy = reach(p, rc, 12) - reach(p, rc, 6);
      const double force = (12 * reach(p, rc, 12) - 6 * reach(p, rc, 6)) / rc;
      f64.twelve.push_back(48 * p.epsilon * s6 * s6);
      f64.six.push_back(24 * p.epsilon * s6);
      f64.shift.push_back(m.truncation == Truncation::cut ? 0 : forces_shifted ? energy + rc * force : energy);
      f64.force_shift.push_back(forces_shifted ? force : 0);
    }
  f32 = {rounded(f64.twelve), rounded(f64.six), rounded(f64.shift), rounded(f64.force_shift)};
  if (electrostatics == Electrostatics::reaction_field) {
    const double e = m.dielectric;
    field = (std::isinf(e) ? 0.5 : (e - 1) / (2 * e + 1)) / (rc * rc * rc);
    constant = 1 / rc + field * rc * rc;
  }
  if (electrostatics == Electrostatics::damped_shifted_force) {
    const double a = m.damping, outside = std::erfc(a * rc) / rc;
    force_constant = outside / rc + 2 * a * inv_sqrtpi * std::exp(-a * a * rc * rc) / rc;
    constant = outside + rc * force_constant;
    screened = Chebyshev::fit([a](double u) { return detail::screened(a, u); }, cutoff2, 1e-16);
    screened_slope = Chebyshev::fit([a](double u) { return detail::screened_slope(a, u); }, cutoff2, 1e-16);
  }
  form = forces_shifted || electrostatics != Electrostatics::none ? PairForm::general
         : types > 1                                              ? PairForm::several_types
                                                                  : PairForm::one_type;
}

Tail tail_of(const Model& m, const System& s) {
  if (!m.tail) return {};
  std::vector<double> number(s.masses.size());
  for (std::ptrdiff_t i = 0; i < s.size(); ++i) number[static_cast<std::size_t>(s.types.empty() ? 0 : s.types[i])] += 1;
  Tail tail;
  const double rc = m.cutoff, rc3 = rc * rc * rc;
  for (std::size_t a = 0; a < number.size(); ++a)
    for (std::size_t b = 0; b < number.size(); ++b) {
      const LennardJones p = mix(m, static_cast<int>(a), static_cast<int>(b));
      const double repulsion = reach(p, rc, 12) / 9, attraction = reach(p, rc, 6) / 3;
      tail.energy_volume += 2 * pi * number[a] * number[b] * rc3 * (repulsion - attraction);
      tail.pressure_volume2 += 2 * pi / 3 * number[a] * number[b] * rc3 * (12 * repulsion - 6 * attraction);
    }
  return tail;
}

}  // namespace lagoon::dynamics::detail
