#include "trellis.hpp"

#include <math.h>

#include "../kernels.hpp"

namespace stripline {

namespace {

constexpr int kEndOfBlock = 0x00, kSixteenZeros = 0xF0;
// What 8-bit baseline can code (T.81, F.1.2).
constexpr float kMostAc = 1023, kMostDc = 1024;
// Below that share of a step, no level but zero was ever the best in trials.
constexpr float kAlwaysZero = 0.4F;
// With which share of a step a level is still rounded up, where rates are not known yet.
constexpr float kRoundUp = 0.35F;

int bit_length(int value) {
  return value == 0 ? 0 : 32 - __builtin_clz(static_cast<unsigned>(value));
}

int16_t dc_level(float wanted, float step) {
  const float level = rounded(wanted / step);
  return static_cast<int16_t>(level > kMostDc ? kMostDc : level < -kMostDc ? -kMostDc : level);
}

// One block on its way. Places are numbers in zigzag order; place 0, the DC, is where paths begin.
class Path {
 public:
  Path(const float wanted[], const float sensitivity[], const float steps[], const Rates& rates,
       float price)
      : wanted_(wanted), sensitivity_(sensitivity), steps_(steps), rates_(rates), price_(price) {
    for (size_t i = 1; i < kBlockSize; ++i) {
      const size_t at = kZigzag[i];
      zeros_[i] = zeros_[i - 1] + sensitivity[at] * wanted[at] * wanted[at];
    }
  }

  void run(int16_t levels[]) {
    for (size_t i = 1; i < kBlockSize; ++i) try_levels(i);
    int last = 0;
    float least = 0;
    for (int i = 0; i < nodes_; ++i) {
      const size_t place = places_[i];
      const bool ends = place + 1 < kBlockSize;
      const float cost =
          opens_[i] + zeros_[kBlockSize - 1] + (ends ? price_ * rates_.of(kEndOfBlock) : 0.0F);
      if (i == 0 || cost < least) least = cost, last = i;
    }
    for (size_t i = 1; i < kBlockSize; ++i) levels[i] = 0;
    for (; last > 0; last = before_[last]) {
      const size_t at = kZigzag[places_[last]];
      levels[at] = static_cast<int16_t>(wanted_[at] < 0 ? -sizes_[last] : sizes_[last]);
    }
  }

 private:
  // Adds a node for a place unless only zero can be right there.
  void try_levels(size_t place) {
    const size_t at = kZigzag[place];
    const float exact = fabsf(wanted_[at]) / steps_[at];
    if (exact < kAlwaysZero) return;
    const int nearest = static_cast<int>(exact + 0.5F > kMostAc ? kMostAc : exact + 0.5F);
    const int most = nearest == 0 ? 1 : nearest;
    // One less, and the largest of one bit less: what lies between costs as many bits as these.
    const int shorter = (1 << (bit_length(most) - 1)) - 1;
    costs_[nodes_] = INFINITY;
    try_level(place, most, exact);
    if (most > 1) try_level(place, most - 1, exact);
    if (shorter > 0 && shorter < most - 1) try_level(place, shorter, exact);
    places_[nodes_] = place;
    opens_[nodes_] = costs_[nodes_] - zeros_[place];
    ++nodes_;
  }

  void try_level(size_t place, int level, float exact) {
    const size_t at = kZigzag[place];
    const float error = (exact - static_cast<float>(level)) * steps_[at];
    const int size = bit_length(level);
    const float own =
        sensitivity_[at] * error * error + price_ * static_cast<float>(size) + zeros_[place - 1];
    float least = costs_[nodes_];
    for (int i = nodes_ - 1; i >= 0; --i) {
      if (opens_[i] + own >= least) continue;  // even if the symbols cost nothing
      const int run = static_cast<int>(place - places_[i]) - 1;
      const float bits = static_cast<float>(run >> 4) * rates_.of(kSixteenZeros) +
                         rates_.of((run & 15) << 4 | size);
      const float cost = opens_[i] + own + price_ * bits;
      if (cost < least) {
        least = cost;
        before_[nodes_] = i;
        sizes_[nodes_] = level;
      }
    }
    costs_[nodes_] = least;
  }

  const float *wanted_, *sensitivity_, *steps_;
  const Rates& rates_;
  float price_;
  float zeros_[kBlockSize] = {};  // what it costs if all places up to this one are zero
  int nodes_ = 1;
  size_t places_[kBlockSize] = {};
  float costs_[kBlockSize] = {}, opens_[kBlockSize] = {};  // the latter less zeros_ of the place
  int before_[kBlockSize] = {}, sizes_[kBlockSize] = {};
};

}  // namespace

void Rates::learn(const int16_t* levels, size_t blocks) {
  double counts[256], total = 0;
  for (double& count : counts) count = 0.5;  // for symbols that did not come yet
  for (size_t block = 0; block < blocks; ++block, levels += kBlockSize) {
    int run = 0;
    for (size_t i = 1; i < kBlockSize; ++i) {
      const int level = levels[kZigzag[i]];
      if (level == 0) {
        ++run;
        continue;
      }
      for (; run > 15; run -= 16) counts[kSixteenZeros] += 1;
      counts[run << 4 | bit_length(level < 0 ? -level : level)] += 1;
      run = 0;
    }
    if (run > 0) counts[kEndOfBlock] += 1;
  }
  constexpr double kLongest = 16;
  for (const double count : counts) total += count;
  for (int symbol = 0; symbol < 256; ++symbol) {
    const double bits = log2(total / counts[symbol]);
    bits_[symbol] = static_cast<float>(bits > kLongest ? kLongest : bits);
  }
}

void round_levels(const float* wanted, const float steps[kBlockSize], size_t blocks,
                  int16_t* levels) {
  for (size_t block = 0; block < blocks; ++block, wanted += kBlockSize, levels += kBlockSize) {
    for (size_t i = 0; i < kBlockSize; ++i) {
      const float level = fabsf(wanted[i]) / steps[i] + kRoundUp;
      const int size = static_cast<int>(level > kMostAc ? kMostAc : level);
      levels[i] = static_cast<int16_t>(wanted[i] < 0 ? -size : size);
    }
    levels[0] = dc_level(wanted[0], steps[0]);
  }
}

void choose_levels(const float wanted[kBlockSize], const float sensitivity[kBlockSize],
                   const float steps[kBlockSize], const Rates& rates, float price,
                   int16_t levels[kBlockSize]) {
  Path(wanted, sensitivity, steps, rates, price).run(levels);
  levels[0] = dc_level(wanted[0], steps[0]);
}

}  // namespace stripline
