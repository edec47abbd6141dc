// The set's table, the same for all: what differs between sets is what the names above it stand
// for.

namespace stripline {

extern const Kernels STRIPLINE_KERNELS_OBJECT;
const Kernels STRIPLINE_KERNELS_OBJECT = {
    STRIPLINE_KERNELS_NAME,
    {STRIPLINE_ISA::grey, STRIPLINE_ISA::color<3, 0, 2, -1>, STRIPLINE_ISA::color<3, 2, 0, -1>,
     STRIPLINE_ISA::color<4, 0, 2, 3>, STRIPLINE_ISA::color<4, 2, 0, 3>,
     STRIPLINE_ISA::color<4, 0, 2, -1>, STRIPLINE_ISA::color<4, 2, 0, -1>},
    STRIPLINE_ISA::split_pairs,
    STRIPLINE_ISA::downsample_h2v1,
    STRIPLINE_ISA::downsample_h1v2,
    STRIPLINE_ISA::downsample_h2v2,
    {STRIPLINE_ISA::dct<Rounding::kNearest>, STRIPLINE_ISA::dct<Rounding::kOutward>},
    STRIPLINE_ISA::entropy,
    STRIPLINE_ISA::stuff,
};

}  // namespace stripline
