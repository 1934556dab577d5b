// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>

#include <memory>
#include <string>
#include <vector>

#include "rivals/photographs.hpp"

namespace lagoon::bench {

/// The step by our kernels, in an isolate of one core.
rivals::StepCandidate our_step(const rivals::Step& step);

/// Pillow, in a Python process that holds the same picture; empty, with why in `missing`, when it is not there.
///   pixels   whether it tells all pixels, which takes long, or the means of parts alone
std::vector<rivals::StepCandidate> pillow_steps(const rivals::Step& step, bool pixels, std::string& missing);

/// Everything below in double precision, without rounding: what each 8-bit result is compared with.
using Exact = Tensor<double, 3>;
Exact exact_of(const rivals::Raster& picture);
/// Lanczos 3, widened by the scale where it shrinks; weights that stick out are left out of the mean.
Exact exact_lanczos3(const Exact& picture, std::ptrdiff_t rows, std::ptrdiff_t columns);
Exact exact_sharpened(const Exact& picture, double sigma, double amount);
/// All that a development does after decoding.
Exact exact_development(const rivals::Raster& picture, const rivals::Development& development);

/// Peak signal to noise ratio of 8-bit pixels, dB.
double psnr(const rivals::Raster& picture, const Exact& exact);

}  // namespace lagoon::bench
