// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <string>
#include <vector>

namespace lagoon::cli {

struct CoreFacts {
  std::string model;          ///< of the processor
  std::uint32_t online = 0;   ///< in the machine
  std::uint32_t allowed = 0;  ///< by this process's affinity
  double quota = 0;           ///< cores that the control group grants; 0: no limit
  std::uint32_t usable = 0;   ///< what Lagoon starts from
  LAGOON_FIELDS(CoreFacts, model, online, allowed, quota, usable)
};

struct MemoryFacts {
  std::uint64_t total = 0, available = 0;     ///< bytes
  std::uint64_t cgroup_limit = 0;             ///< bytes; 0: none
  std::uint64_t usable = 0;                   ///< what Lagoon starts from
  std::uint64_t default_limit = 0;            ///< of an engine without --memory-limit
  std::string huge_pages;                     ///< transparent ones: "always", "madvise", "never", "unknown"
  std::uint64_t reserved_huge_pages = 0;      ///< hugetlbfs
  std::uint64_t shm_total = 0, shm_free = 0;  ///< /dev/shm, bytes; 0: it is not there
  std::uint64_t address_space_limit = 0;      ///< ulimit -v; 0: none
  LAGOON_FIELDS(MemoryFacts, total, available, cgroup_limit, usable, default_limit, huge_pages, reserved_huge_pages,
                shm_total, shm_free, address_space_limit)
};

struct InstructionFacts {
  std::string architecture;            ///< "x86_64"
  std::vector<std::string> supported;  ///< "avx2", "avx512f", ...: those that matter to the kernels
  std::string used;                    ///< by the kernels: "baseline", "avx2", "avx512"
  std::string cap;                     ///< LAGOON_ISA, or ""
  std::string fault;                   ///< what is wrong with LAGOON_ISA, or ""
  LAGOON_FIELDS(InstructionFacts, architecture, supported, used, cap, fault)
};

struct VersionFacts {
  std::string lagoon, compiler, onetbb, libc, kernel, distribution;
  LAGOON_FIELDS(VersionFacts, lagoon, compiler, onetbb, libc, kernel, distribution)
};

/// What this process runs on.
struct Machine {
  CoreFacts cores;
  MemoryFacts memory;
  InstructionFacts instructions;
  std::string cgroup;  ///< "v1", "v2" or "none"
  std::string blas;    ///< the library that is loaded, or "none"
  VersionFacts versions;
  LAGOON_FIELDS(Machine, cores, memory, instructions, cgroup, blas, versions)
};

/// root  stands before /proc, /sys and /etc, so that a test can show another machine
Machine look_at_machine(const std::string& root = "");

/// What is likely to make Lagoon slow or fail here, one sentence each, with what to do.
std::vector<std::string> warnings_about(const Machine& machine);

}  // namespace lagoon::cli
