// SPDX-License-Identifier: Apache-2.0
// The QR iteration with many shifts and early deflation (Braman, Byers & Mathias 2002), as LAPACK's laqr0 drives it,
// but for looks whether to stop: of a large matrix LAPACK's own driver takes minutes, in which nobody can interrupt it.
// Its two steps are LAPACK's: laqr3 deflates in a window at the end, laqr5 chases bulges through the active block.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <lagoon/engine/stop.hpp>
#include <utility>

#include "lapack_calls.hpp"
#include "openblas_turn.hpp"
#include "schur.hpp"

namespace lagoon::matrix::detail {
namespace {

using Size = std::ptrdiff_t;

constexpr int kSmall = 75;       // so small a block is left to windows as long as they deflate anything
constexpr int kEnough = 14;      // percent of a window that deflated: then no sweep before the next window
constexpr int kExceptional = 6;  // steps in vain, after which shifts are made up
constexpr int kWiderWindow = 5;  // steps in vain, after which windows grow
constexpr int kAbreast = 20;  // bulges' shifts in one call of laqr5, about: it cannot be stopped, and below 14 is slow

/// Shifts per sweep, an even number, by the order of the active block: as iparmq of LAPACK has them.
int shifts_for(int order) {
  if (order >= 6000) return 256;
  if (order >= 3000) return 128;
  if (order >= 590) return 64;
  const int shifts = std::max(10, order / static_cast<int>(std::lround(std::log2(order))));
  return shifts - shifts % 2;
}

/// Rows and columns of a window. iparmq has one and a half times as many as shifts above an order of 500; but windows
/// are the slowest code, and cannot be stopped: 2 ms instead of 12 at 512, and a fifth less in all.
int window_for(int shifts) { return shifts - shifts / 8; }

/// Rows and columns count from 1, as in what is called here.
template <class T>
class Iteration {
 public:
  Iteration(Columns<T>& h, T* real, T* imaginary, Columns<T>* q, Balance<T> balance)
      : h_(h),
        q_(q ? *q : h),
        wanted_(q ? 1 : 0),
        n_(static_cast<int>(h.rows())),
        low_(balance.low),
        high_(balance.high),
        shifts_(std::min(shifts_for(high_ - low_ + 1), (n_ - 3) / 6 / 2 * 2)),
        window_(std::min(window_for(shifts_), (n_ - 1) / 3)),
        widest_((n_ - 1) / 3),
        real_(real - 1),
        imaginary_(imaginary - 1),
        bulges_({3, shifts_}),
        turns_({side(), side()}),
        beside_({side(), n_}),
        above_({n_, side()}) {
    const Int query = -1;
    T size = 0;
    Int shifts = 0, deflated = 0;
    const Int stride = h_.stride(), one = 1, n = n_, widest = widest_, q_stride = q_.stride(), room = turns_.extent(1);
    lapack::laqr3(&wanted_, &wanted_, &n, &one, &n, &widest, h_.data(), &stride, &one, &n, q_.data(), &q_stride,
                  &shifts, &deflated, real, imaginary, turns_.data(), &room, &n, beside_.data(), &room, &n,
                  above_.data(), &n, &size, &query);
    work_ = Tensor<T, 1>({std::max<Size>(static_cast<Size>(size) + 1, 4 * n_)});
  }

  /// False: no convergence.
  bool run() {
    for (int i = 1; i <= n_; ++i)
      if (i < low_ || i > high_) {
        real_[i] = *at(i, i);
        imaginary_[i] = 0;
      }
    const long long most = 30LL * std::max(10, high_ - low_ + 1);
    last_ = high_;
    for (long long step = 0; last_ >= low_; ++step) {
      if (step == most) return false;
      throw_if_stopped();
      first_ = last_;
      while (first_ > low_ && *at(first_, first_ - 1) != 0) --first_;
      deflate();
      if (!deflated_enough()) sweep();
      in_vain_ = deflated_ > 0 ? 1 : in_vain_ + 1;
    }
    return true;
  }

 private:
  T* at(int row, int column) const { return h_.at(row - 1, column - 1); }
  /// Of the products of reflections that a sweep or a window gathers.
  Size side() const { return std::max<Size>(3 * shifts_, widest_ + 1); }

  bool deflated_enough() const {
    return deflated_ > 0 && (100 * deflated_ > size_ * kEnough || last_ - first_ + 1 <= std::min(kSmall, widest_));
  }

  void choose_window() {
    const int block = last_ - first_ + 1, most = std::min(block, widest_);
    size_ = in_vain_ < kWiderWindow ? std::min(most, window_) : std::min(most, 2 * size_);
    if (size_ < widest_) {
      if (size_ >= block - 1) {
        size_ = block;
      } else {
        const int top = last_ - size_ + 1;
        if (std::abs(*at(top, top - 1)) > std::abs(*at(top - 1, top - 2))) ++size_;
      }
    }
    if (in_vain_ < kWiderWindow) {
      narrower_ = -1;
    } else if (narrower_ >= 0 || size_ >= most) {
      ++narrower_;
      if (size_ - narrower_ < 2) narrower_ = 0;
      size_ -= narrower_;
    }
  }

  /// What has converged in a window at the end of the active block leaves it.
  void deflate() {
    choose_window();
    const Int n = n_, first = first_, last = last_, size = size_, low = low_, high = high_, stride = h_.stride(),
              q_stride = q_.stride(), room = turns_.extent(1), length = work_.size();
    Int left = 0, deflated = 0;
    {
      const OpenBlasTurn turn;
      lapack::laqr3(&wanted_, &wanted_, &n, &first, &last, &size, h_.data(), &stride, &low, &high, q_.data(), &q_stride,
                    &left, &deflated, real_ + 1, imaginary_ + 1, turns_.data(), &room, &n, beside_.data(), &room, &n,
                    above_.data(), &n, work_.data(), &length);
    }
    deflated_ = deflated;
    last_ -= deflated;
    given_ = last_ - left + 1;
  }

  /// Chases bulges of as many shifts as there are through the active block.
  void sweep() {
    int shifts = std::min(shifts_, std::max(2, last_ - first_));
    shifts -= shifts % 2;
    if (in_vain_ % kExceptional == 0)
      make_up_shifts(shifts);
    else
      take_shifts(shifts);
    if (last_ - given_ + 1 == 2 && imaginary_[last_] == 0) {  // of two real ones the nearer, twice
      const T corner = *at(last_, last_);
      if (std::abs(real_[last_] - corner) < std::abs(real_[last_ - 1] - corner))
        real_[last_ - 1] = real_[last_];
      else
        real_[last_] = real_[last_ - 1];
    }
    shifts = std::min(shifts, last_ - given_ + 1);
    shifts -= shifts % 2;
    given_ = last_ - shifts + 1;
    chase(shifts);
  }

  /// The shifts from given_ on, in parts that follow one another.
  void chase(int shifts) {
    const int parts = std::max(1, (shifts + 6) / kAbreast), most = (shifts / 2 + parts - 1) / parts * 2;
    const Int n = n_, first = first_, last = last_, low = low_, high = high_, stride = h_.stride(),
              q_stride = q_.stride(), room = turns_.extent(1), three = 3;
    for (int left = shifts; left > 0;) {
      throw_if_stopped();
      const Int count = std::min(most, left), gathered = count >= 14 ? 2 : 0;
      left -= count;
      T *const real = real_ + given_ + left, *const imaginary = imaginary_ + given_ + left;
      const OpenBlasTurn turn;
      lapack::laqr5(&wanted_, &wanted_, &gathered, &n, &first, &last, &count, real, imaginary, h_.data(), &stride, &low,
                    &high, q_.data(), &q_stride, bulges_.data(), &three, turns_.data(), &room, &n, above_.data(), &n,
                    &n, beside_.data(), &room);
    }
  }

  void make_up_shifts(int shifts) {
    given_ = last_ - shifts + 1;
    for (int i = last_; i >= std::max(given_ + 1, first_ + 2); i -= 2) {
      const T size = std::abs(*at(i, i - 1)) + std::abs(*at(i - 1, i - 2));
      eigenvalues_of_two(T(0.75) * size + *at(i, i), size, T(-0.4375) * size, T(0.75) * size + *at(i, i), i);
    }
    if (given_ == first_) {
      real_[given_] = real_[given_ + 1] = *at(given_ + 1, given_ + 1);
      imaginary_[given_] = imaginary_[given_ + 1] = 0;
    }
  }

  /// Shifts are what a window has left of eigenvalues, or those of the corner where these are too few.
  void take_shifts(int shifts) {
    if (last_ - given_ + 1 <= shifts / 2) find_shifts(shifts);
    if (last_ - given_ + 1 > shifts) {
      // The least are the ones at the end.
      bool sorted = false;
      for (int k = last_; k > given_ && !sorted; --k) {
        sorted = true;
        for (int i = given_; i < k; ++i)
          if (std::abs(real_[i]) + std::abs(imaginary_[i]) < std::abs(real_[i + 1]) + std::abs(imaginary_[i + 1])) {
            sorted = false;
            std::swap(real_[i], real_[i + 1]);
            std::swap(imaginary_[i], imaginary_[i + 1]);
          }
      }
    }
    // Pairs of real ones and of conjugates.
    for (int i = last_; i >= given_ + 2; i -= 2)
      if (imaginary_[i] != -imaginary_[i - 1]) {
        std::rotate(real_ + i - 2, real_ + i, real_ + i + 1);
        std::rotate(imaginary_ + i - 2, imaginary_ + i, imaginary_ + i + 1);
      }
  }

  void find_shifts(int shifts) {
    given_ = last_ - shifts + 1;
    for (int j = 0; j < shifts; ++j) std::copy_n(at(given_, given_ + j), shifts, turns_.data() + j * turns_.extent(1));
    const Int order = shifts, one = 1, stride = turns_.extent(1), length = work_.size();
    Int failed = 0;
    {
      const OpenBlasTurn turn;
      T* const none = nullptr;
      lapack::hseqr("E", "N", &order, &one, &order, turns_.data(), &stride, real_ + given_, imaginary_ + given_, none,
                    &one, work_.data(), &length, &failed);
    }
    given_ += failed;
    if (given_ < last_) return;
    eigenvalues_of_two(*at(last_ - 1, last_ - 1), *at(last_ - 1, last_), *at(last_, last_ - 1), *at(last_, last_),
                       last_);
    given_ = last_ - 1;
  }

  /// To places i - 1 and i.
  void eigenvalues_of_two(T a, T b, T c, T d, int i) {
    T cosine = 0, sine = 0;
    lapack::lanv2(&a, &b, &c, &d, real_ + i - 1, imaginary_ + i - 1, real_ + i, imaginary_ + i, &cosine, &sine);
  }

  Columns<T>& h_;
  Columns<T>& q_;
  const Int wanted_;
  const int n_, low_, high_;
  const int shifts_, window_, widest_;
  T *const real_, *const imaginary_;
  Tensor<T, 2> bulges_, turns_, beside_, above_;  // columns as they are, room for what LAPACK gathers
  Tensor<T, 1> work_;
  int first_ = 0, last_ = 0;  // of the active block
  int size_ = 0;              // of the window
  int narrower_ = -1;         // than it would be, after steps in vain
  int deflated_ = 0;          // in the last window
  int given_ = 0;             // where the shifts begin
  int in_vain_ = 1;           // steps, and one
};

}  // namespace

template <class T>
bool schur_form(Columns<T>& h, T* real, T* imaginary, Columns<T>* q, const Balance<T>& balance) {
  const Size n = h.rows();
  if (balance.high - balance.low >= kSmall) {
    for (Size j = 0; j < n; ++j)
      if (j + 2 < n) std::fill_n(h.at(j + 2, j), n - j - 2, T{0});
    return Iteration<T>(h, real, imaginary, q, balance).run();
  }
  const Int order(n), stride = h.stride(), q_stride = q ? q->stride() : 1, length(std::max<Size>(11 * n, 1));
  Tensor<T, 1> work({length});
  Int info = 0;
  const OpenBlasTurn turn;
  lapack::hseqr(q ? "S" : "E", q ? "V" : "N", &order, &balance.low, &balance.high, h.data(), &stride, real, imaginary,
                q ? q->data() : h.data(), &q_stride, work.data(), &length, &info);
  return info == 0;
}

template bool schur_form<double>(Columns<double>&, double*, double*, Columns<double>*, const Balance<double>&);
template bool schur_form<float>(Columns<float>&, float*, float*, Columns<float>*, const Balance<float>&);

}  // namespace lagoon::matrix::detail
