import CWinograd

/// Square images of one size, pixel by pixel: [image][pixel][channel].
///
/// A new batch has a gap after each image: images a power of two apart would fall on the same sets of the cache.
struct SquareImages: Sendable {
  let count: Int
  /// Pixels of a side.
  let size: Int
  let channels: Int
  /// Floats from one image to the next, and from one pixel to the next.
  let stride: Int
  let pixelStride: Int
  private let storage: TensorStorage<Float>
  private let offset: Int

  /// With any content.
  init(count: Int, size: Int, channels: Int) {
    (self.count, self.size, self.channels) = (count, size, channels)
    stride = size * size * channels + SharedWeightConvolution.lanes
    pixelStride = channels
    storage = TensorStorage(count: count * stride)
    offset = 0
  }

  /// Pixel by pixel through all images, [pixel][image][channel], with any content.
  init(byPixelOf count: Int, size: Int, channels: Int) {
    (self.count, self.size, self.channels) = (count, size, channels)
    stride = channels + SharedWeightConvolution.lanes
    pixelStride = count * stride
    storage = TensorStorage(count: size * size * pixelStride)
    offset = 0
  }

  /// The images of a tensor, (n, size, size, channels), where they lie.
  init(_ tensor: Tensor<Float>) {
    let tensor = tensor.contiguous()
    (count, size, channels) = (tensor.shape[0], tensor.shape[1], tensor.shape[3])
    stride = size * size * channels
    pixelStride = channels
    (storage, offset) = (tensor.storage, tensor.offset)
  }

  /// Valid as long as this lives.
  var base: UnsafeMutablePointer<Float> { storage.pointer + offset }

  /// (n, size, size, channels), with gaps.
  var tensor: Tensor<Float> {
    Tensor(
      shape: [count, size, size, channels], strides: [stride, size * channels, channels, 1], offset: offset,
      storage: storage, node: nil)
  }

  /// These numbers where those of another batch are positive, and zeros elsewhere.
  func wherePositive(_ mask: SquareImages) -> SquareImages {
    let result = SquareImages(count: count, size: size, channels: channels)
    withExtendedLifetime((self, mask)) {
      for image in 0..<count {
        Kernels.maskByPositive(
          mask.base + image * mask.stride, base + image * stride, into: result.base + image * result.stride,
          count: size * size * channels)
      }
    }
    return result
  }

  /// The means over the pixels, (n, channels).
  func averaged() -> Tensor<Float> {
    Tensor(shape: [count, channels]) { out in
      withExtendedLifetime(self) {
        for image in 0..<count {
          let (from, to) = (base + image * stride, out + image * channels)
          to.update(from: from, count: channels)
          for pixel in 1..<size * size { Kernels.add(from + pixel * channels, to: to, count: channels) }
          for channel in 0..<channels { to[channel] /= Float(size * size) }
        }
      }
    }
  }

  /// Puts zeros in the place of numbers.
  func clear() { withExtendedLifetime(self) { base.update(repeating: 0, count: count * stride) } }

  /// Puts the positive part in the place of numbers; what is no number stays none.
  func rectify() {
    withExtendedLifetime(self) {
      for image in 0..<count {
        let numbers = base + image * stride
        for i in 0..<size * size * channels {
          let value = numbers[i]
          numbers[i] = value <= 0 ? 0 : value
        }
      }
    }
  }

  /// Calls `body` with the addresses of images, from the first of some channels on, for C.
  func withImages(channels: Range<Int>, _ body: (UnsafePointer<dass_images>) -> Void) {
    var addresses: [UnsafeMutablePointer<Float>?] = (0..<count).map {
      base + $0 * stride + channels.lowerBound
    }
    withExtendedLifetime(self) {
      addresses.withUnsafeMutableBufferPointer { addresses in
        var images = dass_images(
          pixels: addresses.baseAddress.map { UnsafePointer($0) }, height: size, width: size,
          stride: self.channels)
        body(&images)
      }
    }
  }
}
