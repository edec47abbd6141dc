// What the ways of looking tokens up have in common: in which order a step's entries lie.

namespace stripline::STRIPLINE_ISA {
namespace {

// An octet of tokens a 64-bit lane.
inline constexpr int kStepTokens = 8 * kLanes / 4;

// The entries of a step: lane i of pairs[p] has those of tokens 8i + 2p, in its low half, and
// 8i + 2p + 1. So an octet is put together without a shuffle.
struct Entries {
  V pairs[4];
};

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
