// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything about dense matrices.
#include <lagoon/kernels/matrix/eigen.hpp>
#include <lagoon/kernels/matrix/extended.hpp>
#include <lagoon/kernels/matrix/factor.hpp>
#include <lagoon/kernels/matrix/multiply.hpp>
#include <lagoon/kernels/matrix/norms.hpp>
#include <lagoon/kernels/matrix/solve.hpp>
#include <lagoon/kernels/matrix/svd.hpp>
