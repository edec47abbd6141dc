// The set's table; see ../kernels_object.inl.hpp.

namespace stripline {

extern const DecodeKernels STRIPLINE_KERNELS_OBJECT;
const DecodeKernels STRIPLINE_KERNELS_OBJECT = {
    STRIPLINE_ISA::entropy,
    {STRIPLINE_ISA::idct<1>, STRIPLINE_ISA::idct<2>, STRIPLINE_ISA::idct<4>,
     STRIPLINE_ISA::idct<8>},
    STRIPLINE_ISA::upsample_h,
    STRIPLINE_ISA::upsample_v,
    STRIPLINE_ISA::upsample_hv,
    STRIPLINE_ISA::to_rgb,
    STRIPLINE_ISA::interleave,
};

}  // namespace stripline
