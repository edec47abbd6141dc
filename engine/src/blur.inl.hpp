// The two halves of the blur, and the products that are blurred.

namespace stripline::STRIPLINE_ISA {

inline void squares(const float* a, const float* b, size_t width, float* __restrict sum,
                    float* __restrict difference) {
  for (size_t x = 0; x < width; ++x) {
    const float apart = a[x] - b[x];
    sum[x] = a[x] * a[x] + b[x] * b[x];
    difference[x] = apart * apart;
  }
}

inline void blur_across(const float* row, size_t width, float* __restrict out) {
  for (size_t x = 0; x < width; ++x) {
    const float* at = row + x;
    out[x] = kBlurTaps[0] * at[0] + kBlurTaps[1] * (at[-1] + at[1]) +
             kBlurTaps[2] * (at[-2] + at[2]) + kBlurTaps[3] * (at[-3] + at[3]) +
             kBlurTaps[4] * (at[-4] + at[4]);
  }
}

inline void blur_down(const float* const rows[kBlurRows], size_t width, float* __restrict out) {
  const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3], *r4 = rows[4],
              *r5 = rows[5], *r6 = rows[6], *r7 = rows[7], *r8 = rows[8];
  for (size_t x = 0; x < width; ++x) {
    out[x] = kBlurTaps[0] * r4[x] + kBlurTaps[1] * (r3[x] + r5[x]) +
             kBlurTaps[2] * (r2[x] + r6[x]) + kBlurTaps[3] * (r1[x] + r7[x]) +
             kBlurTaps[4] * (r0[x] + r8[x]);
  }
}

}  // namespace stripline::STRIPLINE_ISA
