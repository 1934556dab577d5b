// SPDX-License-Identifier: Apache-2.0
#pragma once

// LAPACK by its Fortran names, double or float by the type of what is passed. Its C interface would take workspaces
// from the heap; here they come from the memory of the call.

#include <lapack.h>

#include <type_traits>

// What LAPACK's divide and conquer and its QR iteration are made of is not in its header.
extern "C" {
// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define LAGOON_STEPS(T, p)                                                                                           \
  void p##laed2_(lapack_int*, const lapack_int*, const lapack_int*, T*, T*, const lapack_int*, lapack_int*, T*, T*,  \
                 T*, T*, T*, lapack_int*, lapack_int*, lapack_int*, lapack_int*, lapack_int*);                       \
  void p##laed4_(const lapack_int*, const lapack_int*, const T*, const T*, T*, T*, T*, lapack_int*);                 \
  void p##lamrg_(const lapack_int*, const lapack_int*, const T*, const lapack_int*, const lapack_int*, lapack_int*); \
  void p##lasd4_(const lapack_int*, const lapack_int*, const T*, const T*, T*, T*, T*, T*, lapack_int*);             \
  void p##lasdq_(const char*, const lapack_int*, const lapack_int*, const lapack_int*, const lapack_int*,            \
                 const lapack_int*, T*, T*, T*, const lapack_int*, T*, const lapack_int*, T*, const lapack_int*, T*, \
                 lapack_int*, std::size_t);                                                                          \
  void p##lanv2_(T*, T*, T*, T*, T*, T*, T*, T*, T*, T*);                                                            \
  void p##laqr3_(const lapack_int*, const lapack_int*, const lapack_int*, const lapack_int*, const lapack_int*,      \
                 const lapack_int*, T*, const lapack_int*, const lapack_int*, const lapack_int*, T*,                 \
                 const lapack_int*, lapack_int*, lapack_int*, T*, T*, T*, const lapack_int*, const lapack_int*, T*,  \
                 const lapack_int*, const lapack_int*, T*, const lapack_int*, T*, const lapack_int*);                \
  void p##laqr5_(const lapack_int*, const lapack_int*, const lapack_int*, const lapack_int*, const lapack_int*,      \
                 const lapack_int*, const lapack_int*, T*, T*, T*, const lapack_int*, const lapack_int*,             \
                 const lapack_int*, T*, const lapack_int*, T*, const lapack_int*, T*, const lapack_int*,             \
                 const lapack_int*, T*, const lapack_int*, const lapack_int*, T*, const lapack_int*);
// NOLINTEND(bugprone-macro-parentheses)
LAGOON_STEPS(double, d)
LAGOON_STEPS(float, s)
#undef LAGOON_STEPS
}

namespace lagoon::matrix::detail {

using Int = lapack_int;

namespace lapack {

template <class... A>
inline constexpr bool on_doubles = (std::is_same_v<std::remove_cvref_t<std::remove_pointer_t<A>>, double> || ...);

#define LAGOON_LAPACK(name)         \
  template <class... A>             \
  void name(A... a) {               \
    if constexpr (on_doubles<A...>) \
      LAPACK_d##name(a...);         \
    else                            \
      LAPACK_s##name(a...);         \
  }
LAGOON_LAPACK(bdsdc)
LAGOON_LAPACK(gebak)
LAGOON_LAPACK(gebal)
LAGOON_LAPACK(geqrf)
LAGOON_LAPACK(getrf)
LAGOON_LAPACK(hseqr)
LAGOON_LAPACK(larfg)
LAGOON_LAPACK(potrf)
LAGOON_LAPACK(steqr)
LAGOON_LAPACK(sterf)
#undef LAGOON_LAPACK
#define LAGOON_LAPACK(name)         \
  template <class... A>             \
  void name(A... a) {               \
    if constexpr (on_doubles<A...>) \
      d##name##_(a...);             \
    else                            \
      s##name##_(a...);             \
  }
LAGOON_LAPACK(laed2)
LAGOON_LAPACK(laed4)
LAGOON_LAPACK(lamrg)
LAGOON_LAPACK(lanv2)
LAGOON_LAPACK(laqr3)
LAGOON_LAPACK(laqr5)
LAGOON_LAPACK(lasd4)
LAGOON_LAPACK(lasdq)
#undef LAGOON_LAPACK

}  // namespace lapack
}  // namespace lagoon::matrix::detail
