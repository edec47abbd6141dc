// Reads the segments before the scan (ITU-T T.81, annex B) and decides whether the file is of the
// kind that is decoded here.
#include "../kernels.hpp"
#include "stripline/decoder.hpp"

namespace stripline {
namespace {

enum Marker : uint8_t {
  kTem = 0x01,
  kSof0 = 0xC0,
  kSof1 = 0xC1,
  kDht = 0xC4,
  kDac = 0xCC,
  kRst0 = 0xD0,
  kRst7 = 0xD7,
  kSoi = 0xD8,
  kEoi = 0xD9,
  kSos = 0xDA,
  kDqt = 0xDB,
  kDri = 0xDD,
  kDhp = 0xDE,
  kExp = 0xDF,
  kApp0 = 0xE0,
  kApp14 = 0xEE,
  kJpg0 = 0xF0,
  kJpg13 = 0xFD,
};

constexpr DecodeResult kDone{DecodeStatus::kOk, Damage::kNone, 0};
constexpr DecodeResult kOther{DecodeStatus::kUnsupported, Damage::kNone, 0};

bool starts_with(const uint8_t* data, size_t size, const char* text, size_t length) {
  return size >= length && __builtin_memcmp(data, text, length) == 0;
}

// Goes through the segments once, keeping what they say.
class HeaderReader {
 public:
  HeaderReader(const uint8_t* data, size_t size, JpegHeader& header)
      : data_(data), size_(size), header_(header) {}

  DecodeResult read() {
    if (size_ < 2 || data_[0] != 0xFF || data_[1] != kSoi) return corrupt(Damage::kNotJpeg, 0);
    at_ = 2;
    for (;;) {
      const size_t start = at_;
      if (at_ == size_) return corrupt(Damage::kPrematureEnd, at_);
      if (data_[at_] != 0xFF) return corrupt(Damage::kBadMarker, at_);
      while (at_ < size_ && data_[at_] == 0xFF) ++at_;  // any number of fill bytes
      if (size_ - at_ < 1) return corrupt(Damage::kPrematureEnd, at_);
      const uint8_t marker = data_[at_++];
      if (marker == kTem || (marker >= kRst0 && marker <= kRst7)) continue;
      if (marker == 0 || marker == kSoi || marker == kEoi) {
        return corrupt(Damage::kBadMarker, start);
      }
      if (size_ - at_ < 2) return corrupt(Damage::kPrematureEnd, size_);
      const size_t length = two(at_);
      if (length < 2) return corrupt(Damage::kBadSegment, start);
      if (size_ - at_ < length) return corrupt(Damage::kPrematureEnd, size_);
      const uint8_t* payload = data_ + at_ + 2;
      at_ += length;
      const DecodeResult result = segment(marker, payload, length - 2, start);
      if (result.status != DecodeStatus::kOk || marker == kSos) return result;
    }
  }

 private:
  struct Component {
    uint8_t id, across, down, quantiser;
  };

  static DecodeResult corrupt(Damage damage, size_t position) {
    return {DecodeStatus::kCorrupt, damage, position};
  }
  size_t two(size_t at) const { return static_cast<size_t>(data_[at] << 8 | data_[at + 1]); }

  DecodeResult segment(uint8_t marker, const uint8_t* data, size_t size, size_t start) {
    bool good = true;
    switch (marker) {
      case kSof0:
      case kSof1:
        return frame(data, size, start);
      case kSos:
        return scan(data, size, start);
      case kDqt:
        good = quantisers(data, size);
        break;
      case kDht:
        good = huffman(data, size);
        break;
      case kDri:
        good = size == 2;
        if (good) header_.restart_interval = static_cast<uint32_t>(data[0] << 8 | data[1]);
        break;
      case kApp0:
        is_jfif_ = is_jfif_ || (starts_with(data, size, "JFIF", 5) && size >= 14);
        break;
      case kApp14:
        if (starts_with(data, size, "Adobe", 5) && size >= 12) adobe_ = data[11];
        break;
      case kDhp:
      case kExp:
      case kDac:
        return kOther;
      default:
        // The other frames: progressive, lossless, hierarchical, arithmetic; and extensions.
        if ((marker > kSof1 && marker < kRst0) || (marker >= kJpg0 && marker <= kJpg13)) {
          return kOther;
        }
        good = marker >= 0xC0;
    }
    return good ? kDone : corrupt(Damage::kBadSegment, start);
  }

  bool quantisers(const uint8_t* data, size_t size) {
    while (size > 0) {
      const int number = data[0] & 15, wide = data[0] >> 4;
      const size_t needed = wide ? 129 : 65;
      if (number > 3 || wide > 1 || size < needed) return false;
      for (int k = 0; k < 64; ++k) {
        const uint8_t* step = data + 1 + (k << wide);
        steps_[number][kZigzag[k]] = static_cast<uint16_t>(wide ? step[0] << 8 | step[1] : step[0]);
      }
      has_steps_[number] = true;
      data += needed, size -= needed;
    }
    return true;
  }

  bool huffman(const uint8_t* data, size_t size) {
    while (size > 0) {
      const int number = data[0] & 15, kind = data[0] >> 4;
      if (number > 3 || kind > 1 || size < 17) return false;
      HuffmanCodes& codes = codes_[kind][number];
      size_t symbols = 0;
      for (int i = 0; i < 16; ++i) symbols += codes.counts[i] = data[1 + i];
      if (symbols > 256 || size < 17 + symbols) return false;
      for (size_t i = 0; i < symbols; ++i) codes.symbols[i] = data[17 + i];
      has_codes_[kind][number] = true;
      data += 17 + symbols, size -= 17 + symbols;
    }
    return true;
  }

  DecodeResult frame(const uint8_t* data, size_t size, size_t start) {
    if (components_ != 0) return corrupt(Damage::kBadMarker, start);
    if (size < 6 || size != 6 + 3 * static_cast<size_t>(data[5]) || data[5] == 0) {
      return corrupt(Damage::kBadSegment, start);
    }
    header_.height = static_cast<uint32_t>(data[1] << 8 | data[2]);
    header_.width = static_cast<uint32_t>(data[3] << 8 | data[4]);
    if (header_.width == 0) return corrupt(Damage::kBadSegment, start);
    // A height of 0 comes later, in a DNL segment.
    if (data[0] != 8 || header_.height == 0 || (data[5] != 1 && data[5] != 3)) return kOther;
    components_ = data[5];
    for (int i = 0; i < components_; ++i) {
      const uint8_t* from = data + 6 + 3 * i;
      frame_[i] = {from[0], static_cast<uint8_t>(from[1] >> 4), static_cast<uint8_t>(from[1] & 15),
                   from[2]};
      if (frame_[i].across - 1u > 3 || frame_[i].down - 1u > 3 || frame_[i].quantiser > 3) {
        return corrupt(Damage::kBadSegment, start);
      }
    }
    return set_sampling() ? kDone : kOther;
  }

  bool set_sampling() {
    if (components_ == 1) {
      header_.sampling = Sampling::kGrey;  // a lone component's factors mean nothing
      return true;
    }
    const Component& luma = frame_[0];
    for (int i = 1; i < 3; ++i) {
      if (frame_[i].across != 1 || frame_[i].down != 1) return false;
    }
    if (luma.across > 2 || luma.down > 2) return false;
    header_.sampling = luma.across == 2 ? (luma.down == 2 ? Sampling::k420 : Sampling::k422)
                                        : (luma.down == 2 ? Sampling::k440 : Sampling::k444);
    return true;
  }

  DecodeResult scan(const uint8_t* data, size_t size, size_t start) {
    if (components_ == 0) return corrupt(Damage::kBadMarker, start);
    if (size < 1 || data[0] - 1u > 3 || size != 4 + 2 * static_cast<size_t>(data[0])) {
      return corrupt(Damage::kBadSegment, start);
    }
    if (data[0] != components_) return kOther;  // several scans
    const uint8_t* limits = data + 1 + 2 * components_;
    if (limits[0] != 0 || limits[1] != 63 || limits[2] != 0) return kOther;
    for (int i = 0; i < components_; ++i) {
      if (data[1 + 2 * i] != frame_[i].id) return kOther;  // in another order
      const int dc = data[2 + 2 * i] >> 4, ac = data[2 + 2 * i] & 15;
      if (dc > 3 || ac > 3) return corrupt(Damage::kBadSegment, start);
      if (!has_steps_[frame_[i].quantiser]) return corrupt(Damage::kMissingTable, start);
      // Some decoders know the usual tables by heart, for the frames of a motion JPEG.
      if (!has_codes_[0][dc] || !has_codes_[1][ac]) return kOther;
      __builtin_memcpy(header_.steps[i], steps_[frame_[i].quantiser], sizeof steps_[0]);
      header_.dc[i] = codes_[0][dc];
      header_.ac[i] = codes_[1][ac];
    }
    header_.is_rgb = components_ == 3 && says_rgb();
    header_.data = data_;
    header_.size = size_;
    header_.scan = at_;
    return kDone;
  }

  // JFIF knows only YCbCr; Adobe's segment says; without either, only the names R, G and B do.
  bool says_rgb() const {
    if (is_jfif_) return false;
    if (adobe_ >= 0) return adobe_ == 0;
    return frame_[0].id == 'R' && frame_[1].id == 'G' && frame_[2].id == 'B';
  }

  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
  JpegHeader& header_;
  uint16_t steps_[4][64]{};
  bool has_steps_[4]{};
  HuffmanCodes codes_[2][4]{};  // DC, AC
  bool has_codes_[2][4]{};
  Component frame_[3]{};
  int components_ = 0;
  bool is_jfif_ = false;
  int adobe_ = -1;  // the transform it names
};

}  // namespace

DecodeResult read_jpeg_header(const uint8_t* data, size_t size, JpegHeader& header) {
  header = {};
  return HeaderReader(data, size, header).read();
}

}  // namespace stripline
