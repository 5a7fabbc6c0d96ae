/// One convolution and the normalization behind it: the names of their tensors, and their sizes.
package struct ConvolutionLayer: Sendable, Hashable {
  package var convolution: String
  package var normalization: String
  package var inputChannels: Int
  package var outputChannels: Int
  package var kernel = 3
  package var stride = 1

  /// Parameters first: the weight, then scale and shift.
  var shape: [Int] { [outputChannels, inputChannels, kernel, kernel] }
}

extension Architecture {
  /// From the image to the first block. A bottleneck network's middle layer is added to what it reads.
  var stem: [ConvolutionLayer] {
    guard case .bottleneck(let bottleneck) = kind else {
      return [
        ConvolutionLayer(
          convolution: "conv1.weight", normalization: "bn1", inputChannels: 3, outputChannels: stemWidth)
      ]
    }
    let middle = BlockKind.rounded(Double(bottleneck.stemWidth / 2))
    let widths = [3, middle, middle, bottleneck.stemWidth]
    return (1...3).map { number in
      ConvolutionLayer(
        convolution: "conv\(number).weight", normalization: "bn\(number)",
        inputChannels: widths[number - 1], outputChannels: widths[number], stride: number == 1 ? 2 : 1)
    }
  }

  /// All layers from the image to the last block.
  package var layers: [ConvolutionLayer] {
    stem + blocks.flatMap { $0.convolutions + ($0.projection.map { [$0] } ?? []) }
  }
}

extension Architecture.Block {
  /// One after the other; behind each but the last comes a rectifier, behind the last the shortcut and then one.
  var convolutions: [ConvolutionLayer] {
    func layer(_ number: Int, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1)
      -> ConvolutionLayer
    {
      ConvolutionLayer(
        convolution: "\(name).conv\(number).weight", normalization: "\(name).bn\(number)",
        inputChannels: inputs, outputChannels: outputs, kernel: kernel, stride: stride)
    }
    guard case .bottleneck(let bottleneck) = kind else {
      return [
        layer(1, inputChannels, outputChannels, stride: stride), layer(2, outputChannels, outputChannels),
      ]
    }
    let middle = BlockKind.rounded((Double(outputChannels) * bottleneck.expansion).rounded(.toNearestOrEven))
    return [
      layer(1, inputChannels, middle, kernel: 1), layer(2, middle, middle, stride: stride),
      layer(3, middle, outputChannels, kernel: 1),
    ]
  }

  /// What the shortcut of a bottleneck stage's first block passes through, after means over windows of its stride.
  /// Other shortcuts have no parameters: missing channels are zero, surplus ones dropped.
  var projection: ConvolutionLayer? {
    guard kind != .basic, index == 0 else { return nil }
    return ConvolutionLayer(
      convolution: "\(name).downsample.0.weight", normalization: "\(name).downsample.1",
      inputChannels: inputChannels, outputChannels: outputChannels, kernel: 1)
  }
}
