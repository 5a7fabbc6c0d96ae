import CWinograd

/// Square images of one size, or what is made of them: some channels at each pixel, `stride` floats from one image to the next
/// and `pixelStride` from one pixel to the next.
///
/// New ones have gaps: what is a power of two apart would fall on the same sets of the cache.
struct SquareImages: Sendable {
  let count: Int
  /// Pixels of a side.
  let size: Int
  let channels: Int
  let stride: Int
  let pixelStride: Int
  private let storage: TensorStorage<Float>
  private let offset: Int

  private init(
    count: Int, size: Int, channels: Int, stride: Int, pixelStride: Int, storage: TensorStorage<Float>,
    offset: Int
  ) {
    (self.count, self.size, self.channels) = (count, size, channels)
    (self.stride, self.pixelStride) = (stride, pixelStride)
    (self.storage, self.offset) = (storage, offset)
  }

  /// Image by image, [image][pixel][channel], with any content.
  init(count: Int, size: Int, channels: Int) {
    let stride = size * size * channels + SharedWeightConvolution.lanes
    self.init(
      count: count, size: size, channels: channels, stride: stride, pixelStride: channels,
      storage: TensorStorage(count: count * stride), offset: 0)
  }

  /// Pixel by pixel through all images, [pixel][image][channel], with any content.
  init(byPixelOf count: Int, size: Int, channels: Int) {
    let stride = channels + SharedWeightConvolution.lanes
    self.init(
      count: count, size: size, channels: channels, stride: stride, pixelStride: count * stride,
      storage: TensorStorage(count: size * size * count * stride), offset: 0)
  }

  /// The images of a tensor, (n, size, size, channels), where they lie.
  init(_ tensor: Tensor<Float>) {
    let tensor = tensor.contiguous()
    let (size, channels) = (tensor.shape[1], tensor.shape[3])
    self.init(
      count: tensor.shape[0], size: size, channels: channels, stride: size * size * channels,
      pixelStride: channels, storage: tensor.storage, offset: tensor.offset)
  }

  /// Some of the channels, where they lie.
  func sliced(channels some: Range<Int>) -> SquareImages {
    SquareImages(
      count: count, size: size, channels: some.count, stride: stride, pixelStride: pixelStride,
      storage: storage, offset: offset + some.lowerBound)
  }

  /// The first pixel of the first image; valid as long as this lives.
  var base: UnsafeMutablePointer<Float> { storage.pointer + offset }

  /// The address of a pixel in an image.
  func at(_ pixel: Int, image: Int = 0) -> UnsafeMutablePointer<Float> {
    base + image * stride + pixel * pixelStride
  }

  /// (n, size, size, channels), with gaps.
  var tensor: Tensor<Float> {
    Tensor(
      shape: [count, size, size, channels], strides: [stride, size * pixelStride, pixelStride, 1],
      offset: offset, storage: storage, node: nil)
  }

  /// Calls `body` for each pixel of each image.
  private func forEachPixel(_ body: (_ image: Int, _ pixel: Int, UnsafeMutablePointer<Float>) -> Void) {
    withExtendedLifetime(self) {
      for image in 0..<count {
        for pixel in 0..<size * size { body(image, pixel, at(pixel, image: image)) }
      }
    }
  }

  /// These numbers where those of another batch are positive, and zeros elsewhere.
  func wherePositive(_ mask: SquareImages) -> SquareImages {
    let result = SquareImages(count: count, size: size, channels: channels)
    withExtendedLifetime(mask) {
      forEachPixel { image, pixel, numbers in
        Kernels.maskByPositive(
          mask.at(pixel, image: image), numbers, into: result.at(pixel, image: image), count: channels)
      }
    }
    return result
  }

  /// The means over the pixels, (n, channels).
  func averaged() -> Tensor<Float> {
    Tensor(shape: [count, channels]) { out in
      out.update(repeating: 0, count: count * channels)
      forEachPixel { image, _, numbers in
        Kernels.add(numbers, to: out + image * channels, count: channels)
      }
      for place in 0..<count * channels { out[place] /= Float(size * size) }
    }
  }

  /// Puts zeros in the place of numbers.
  func clear() { forEachPixel { $2.update(repeating: 0, count: channels) } }

  /// Puts the positive part in the place of numbers; what is no number stays none.
  func rectify() {
    forEachPixel { _, _, numbers in
      for channel in 0..<channels {
        let value = numbers[channel]
        numbers[channel] = value <= 0 ? 0 : value
      }
    }
  }

  /// Calls `body` with the addresses of the images, for C.
  func withImages(_ body: (UnsafePointer<dass_images>) -> Void) {
    var addresses: [UnsafeMutablePointer<Float>?] = (0..<count).map { at(0, image: $0) }
    withExtendedLifetime(self) {
      addresses.withUnsafeMutableBufferPointer { addresses in
        var images = dass_images(
          pixels: addresses.baseAddress.map { UnsafePointer($0) }, height: size, width: size,
          stride: pixelStride)
        body(&images)
      }
    }
  }
}
