// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/checkpoint.hpp>

#include <algorithm>
#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <sstream>

#include "files/sealed.hpp"
#include "simulation_state.hpp"

// What is sealed is a portable cereal archive; what is decoded is checked like a caller's arguments.
namespace lagoon::dynamics {

// Found by cereal through the namespace of their arguments, which an unnamed one within it would hide.
template <class Archive>
static void serialize(Archive& archive, Box& b) {
  archive(b.origin, b.length, b.boundary);
}
template <class Archive>
static void serialize(Archive& archive, Bond& b) {
  archive(b.i, b.j, b.type);
}
template <class Archive>
static void serialize(Archive& archive, Angle& a) {
  archive(a.i, a.j, a.k, a.type);
}
template <class Archive>
static void serialize(Archive& archive, LennardJones& p) {
  archive(p.epsilon, p.sigma);
}
template <class Archive>
static void serialize(Archive& archive, MixedPair& p) {
  archive(p.a, p.b, p.pair);
}
template <class Archive>
static void serialize(Archive& archive, HarmonicBond& b) {
  archive(b.k, b.length);
}
template <class Archive>
static void serialize(Archive& archive, HarmonicAngle& a) {
  archive(a.k, a.angle);
}

template <class Archive>
static void serialize(Archive& archive, Model& m) {
  archive(m.types, m.cutoff, m.truncation, m.tail, m.mixing, m.mixed, m.electrostatics, m.dielectric, m.damping,
          m.bonds, m.angles, m.exclude_bonded);
}

template <class Archive>
static void serialize(Archive& archive, SimulationOptions& o) {
  auto kind = static_cast<std::uint32_t>(o.thermostat.index());
  bool barostat = o.barostat.has_value();
  Langevin langevin;
  VelocityRescaling rescaling;
  CellRescaling cell = o.barostat.value_or(CellRescaling{});
  if (const auto* t = std::get_if<Langevin>(&o.thermostat)) langevin = *t;
  if (const auto* t = std::get_if<VelocityRescaling>(&o.thermostat)) rescaling = *t;
  archive(o.time_step, o.precision, o.skin, o.seed, kind, langevin.temperature, langevin.friction,
          rescaling.temperature, rescaling.time, barostat, cell.pressure, cell.time, cell.compressibility);
  if (kind == 1) o.thermostat = langevin;
  if (kind == 2) o.thermostat = rescaling;
  if (barostat) o.barostat = cell;
}

namespace {

constexpr files::Seal kSeal{.kind = "checkpoint", .version = 1, .advice = "an older checkpoint may still be good"};

template <class Archive, class T>
void save(Archive& archive, const Tensor<T, 1>& t, std::ptrdiff_t n) {
  archive(cereal::binary_data(t.data(), static_cast<std::size_t>(n) * sizeof(T)));
}
template <class Archive, class T>
void load(Archive& archive, Tensor<T, 1>& t, std::ptrdiff_t n) {
  archive(cereal::binary_data(t.data(), static_cast<std::size_t>(n) * sizeof(T)));
}

/// Calls each(tensor) for what of particles is stored, slot by slot.
template <class Each>
void for_each_array(detail::Particles& p, Each each) {
  for (detail::Axes* axes : {&p.x, &p.v, &p.listed, &p.built})
    for (auto& axis : *axes) each(axis);
  for (auto& axis : p.image) each(axis);
  each(p.id);
  each(p.type);
  if (!p.charge.empty()) each(p.charge);
}

[[noreturn]] void spoiled(const std::string& path, const std::string& what) { files::broken_seal(kSeal, path, what); }

void check_slots(const detail::Particles& p, const std::string& path) {
  std::vector<bool> seen(static_cast<std::size_t>(p.count), false);
  std::ptrdiff_t particles = 0;
  for (std::ptrdiff_t i = 0; i < p.slots; ++i) {
    if (p.id[i] < 0) continue;
    const auto id = static_cast<std::size_t>(p.id[i]);
    if (p.id[i] >= p.count || seen[id]) spoiled(path, "slot " + std::to_string(i) + " holds a particle that cannot be");
    seen[id] = true;
    ++particles;
    for (std::size_t d = 0; d < 3; ++d)
      if (!std::isfinite(p.built[d][i]) || !std::isfinite(p.listed[d][i])) spoiled(path, "a position is not finite");
  }
  if (particles != p.count) spoiled(path, std::to_string(particles) + " particles of " + std::to_string(p.count));
}

}  // namespace

struct CheckpointAccess {
  static std::string encode(Simulation::Impl& s) {
    std::ostringstream out;
    cereal::PortableBinaryOutputArchive archive(out);
    const System& base = s.base;
    std::int64_t count = s.p.count, slots = s.p.slots;
    bool charged = !s.p.charge.empty();
    archive(base.units.name, base.masses, base.type_names, base.bonds, base.angles, s.model, s.options, count, slots,
            charged);
    archive(s.p.box, s.p.listed_box, s.p.built_box, s.p.listed_scale, s.p.built_scale, s.step, s.heat);
    for_each_array(s.p, [&](auto& tensor) { save(archive, tensor, s.p.slots); });
    return std::move(out).str();
  }

  static std::unique_ptr<Simulation> decode(std::string_view bytes, const std::string& path) {
    std::istringstream in{std::string(bytes)};
    cereal::PortableBinaryInputArchive archive(in);
    System base;
    Model model;
    SimulationOptions options;
    std::int64_t count = 0, slots = 0;
    bool charged = false;
    std::string units;
    archive(units, base.masses, base.type_names, base.bonds, base.angles, model, options, count, slots, charged);
    base.units = Units::named(units);
    if (count < 0 || slots < count || slots % detail::kCluster != 0 || slots > static_cast<std::int64_t>(bytes.size()))
      spoiled(path, std::to_string(count) + " particles in " + std::to_string(slots) + " slots");
    detail::Particles p(count, slots, charged);
    p.slots = slots;
    std::int64_t step = 0;
    double heat = 0;
    archive(p.box, p.listed_box, p.built_box, p.listed_scale, p.built_scale, step, heat);
    for_each_array(p, [&](auto& tensor) { load(archive, tensor, slots); });
    check_slots(p, path);

    base.box = p.box;
    base.positions = detail::positions_in_box(p);
    base.velocities = detail::in_order(p, p.v);
    base.types = Tensor<std::int32_t, 1>({count});
    if (charged) base.charges = Tensor<double, 1>({count});
    for (std::ptrdiff_t i = 0; i < slots; ++i) {
      if (p.id[i] < 0) continue;
      base.types[p.id[i]] = p.type[i];
      if (charged) base.charges[p.id[i]] = p.charge[i];
    }
    auto impl = std::make_unique<Simulation::Impl>(std::move(base), std::move(model), options);
    for (std::ptrdiff_t i = 0; i < slots; ++i) {
      p.inverse_mass[i] = p.id[i] < 0 ? 0 : 1 / impl->base.masses[static_cast<std::size_t>(p.type[i])];
      for (auto& axis : p.f) axis[i] = 0;
    }
    impl->resume(std::move(p), step, heat);
    return std::unique_ptr<Simulation>(new Simulation(std::move(impl)));
  }

  static Simulation::Impl& impl(const Simulation& s) { return *s.impl_; }
};

void write_checkpoint(const std::string& path, const Simulation& simulation) {
  Simulation::Impl& s = CheckpointAccess::impl(simulation);
  if (s.model.pair)
    throw Error(Errc::failed_precondition,
                path + ": a checkpoint cannot hold a pair potential of one's own; save Simulation::system() instead");
  if (!s.broken.empty()) throw Error(Errc::failed_precondition, path + ": nothing to go on from: " + s.broken);
  files::write_sealed(path, kSeal, CheckpointAccess::encode(s));
}

std::unique_ptr<Simulation> read_checkpoint(const std::string& path) {
  const std::string bytes = files::read_sealed(path, kSeal);
  try {
    return CheckpointAccess::decode(bytes, path);
  } catch (const Error& e) {
    if (e.code() == Errc::invalid_argument) spoiled(path, e.what());
    throw;
  } catch (const std::exception& e) {  // cereal's, and lengths that no memory has
    spoiled(path, e.what());
  }
}

}  // namespace lagoon::dynamics
