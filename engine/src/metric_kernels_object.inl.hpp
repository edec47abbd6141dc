// SSIMULACRA 2's row functions as compiled for one instruction set: the same source for all.
#include "metric_kernels.hpp"
#include "lanes.inl.hpp"
#include "xyb.inl.hpp"
#include "blur.inl.hpp"
#include "ssim_maps.inl.hpp"

namespace stripline {

extern const MetricKernels STRIPLINE_KERNELS_OBJECT;
const MetricKernels STRIPLINE_KERNELS_OBJECT = {
    STRIPLINE_KERNELS_NAME,       STRIPLINE_ISA::linear_rgb, STRIPLINE_ISA::linear_grey,
    STRIPLINE_ISA::xyb,           STRIPLINE_ISA::halve,      STRIPLINE_ISA::squares,
    STRIPLINE_ISA::blur_across,   STRIPLINE_ISA::blur_down,  STRIPLINE_ISA::compare<false>,
    STRIPLINE_ISA::compare<true>,
};

}  // namespace stripline
