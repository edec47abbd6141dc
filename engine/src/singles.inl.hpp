// Tokens to bits one after the other, for sets without variable shifts of 64-bit lanes.

namespace stripline::STRIPLINE_ISA {
namespace {

inline void put_tokens(const uint16_t* tokens, int count, const CodeBook& codes,
                       BitWriter& writer) {
  put_singly(tokens, count, codes, writer);
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
