// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/imaging/picture.hpp>

#include <memory>
#include <string>
#include <vector>

#include "rivals/photographs.hpp"

namespace lagoon::bench {

/// Photographs that all sides hold in memory, and one large picture; each made when it is first asked for, and the
/// same in every run.
///
/// They are crops of the photographs in build/data/photographs (./dev bench puts those of Debian's mate-backgrounds
/// there), enlarged to what a camera gives, with noise as a sensor has. Without such a folder they are crops of "dead
/// leaves": discs of all sizes that cover one another, whose spectrum and edges are those of photographs.
class PhotographSet {
 public:
  explicit PhotographSet(std::size_t count) : count_(count) {}

  /// 4000 x 3000, JPEG of quality 92, 4:2:0.
  const rivals::Photographs& files();
  /// 8-bit RGB, whose columns are 3/2 of the rows.
  const imaging::Pixels<std::uint8_t>& large(int columns);
  /// "50 files of 2.1 MB from 12 photographs", as a remark beside the rows.
  std::string about();

 private:
  const std::vector<imaging::Pixels<std::uint8_t>>& scenes();

  const std::size_t count_;
  std::string from_;
  std::vector<imaging::Pixels<std::uint8_t>> scenes_;
  rivals::Photographs files_;
  imaging::Pixels<std::uint8_t> large_;
};

/// 8-bit RGB pixels as rivals take them.
rivals::Raster raster_of(const imaging::Pixels<std::uint8_t>& pixels);
/// The pixels of a JPEG, as 8-bit RGB.
imaging::Pixels<std::uint8_t> pixels_of(const rivals::Jpeg& file);

}  // namespace lagoon::bench
