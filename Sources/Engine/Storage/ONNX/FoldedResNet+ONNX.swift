extension FoldedResNet {
  /// The network as an ONNX model: `images` of shape (N, 3, size, size), values from -1 to 1 (scaled to 0...1, less
  /// 0.5, by 0.5), to `logits` of shape (N, classes). Normalizations are folded into the convolutions.
  package func onnx(name: String, imageSize: Int, classNames: [String]) -> [UInt8] {
    var graph = ONNXGraph()
    var map = graph.stem(stem, of: architecture)
    for block in blocks {
      let (description, label) = (block.description, block.description.name)
      var inner = map
      for (place, layer) in zip(block.convolutions, description.convolutions).enumerated() {
        if place > 0 { inner = graph.add("Relu", [inner], named: "\(label).relu\(place)") }
        inner = graph.convolution(
          layer.0, of: inner, stride: layer.1.stride, named: "\(label).conv\(place + 1)")
      }
      let shortcut =
        block.projection.map { projection in
          let pooled = graph.pooled(map, description, named: label + ".pool")
          return graph.convolution(projection, of: pooled, stride: 1, named: label + ".shortcut")
        } ?? graph.shortcut(of: map, to: description, named: label + ".shortcut")
      let sum = graph.add("Add", [inner, shortcut], named: label + ".sum")
      map = graph.add("Relu", [sum], named: "\(label).relu\(block.convolutions.count)")
    }
    let mean = graph.add("GlobalAveragePool", [map], named: "mean")
    let features = graph.add("Flatten", [mean], named: "features")
    let weight = graph.constant(headWeight, named: "fc.weight")
    let bias = graph.constant(headBias, named: "fc.bias")
    let logits = graph.add(
      "Gemm", [features, weight, bias], named: "logits", [("transB", .integer(1))])
    return graph.model(
      name: name, description: "classes: " + classNames.joined(separator: ", "),
      input: ("images", [3, imageSize, imageSize]), output: (logits, [headBias.count]))
  }
}

extension ONNXGraph {
  fileprivate mutating func stem(_ layers: [FoldedResNet.Convolution], of architecture: Architecture)
    -> String
  {
    guard architecture.kind != .basic else {
      return add("Relu", [convolution(layers[0], of: "images", stride: 1, named: "stem")], named: "stem.relu")
    }
    let first = convolution(layers[0], of: "images", stride: 2, named: "stem.conv1")
    let narrow = add("Relu", [first], named: "stem.relu1")
    let second = convolution(layers[1], of: narrow, stride: 1, named: "stem.conv2")
    let sum = add("Add", [add("Relu", [second], named: "stem.relu2"), narrow], named: "stem.sum")
    let third = convolution(layers[2], of: sum, stride: 1, named: "stem.conv3")
    return add(
      "MaxPool", [add("Relu", [third], named: "stem.relu3")], named: "stem.pool",
      [
        ("kernel_shape", .integers([3, 3])), ("pads", .integers([1, 1, 1, 1])),
        ("strides", .integers([2, 2])),
      ])
  }

  /// Pooled where the block halves the image.
  fileprivate mutating func pooled(_ map: String, _ block: Architecture.Block, named name: String) -> String {
    guard block.stride == 2 else { return map }
    return add(
      block.kind == .basic ? "MaxPool" : "AveragePool", [map], named: name,
      [("kernel_shape", .integers([2, 2])), ("strides", .integers([2, 2]))])
  }

  fileprivate mutating func convolution(
    _ layer: FoldedResNet.Convolution, of input: String, stride: Int, named name: String
  ) -> String {
    let weight = constant(layer.weight, named: name + ".weight")
    let bias = constant(layer.bias, named: name + ".bias")
    return add(
      "Conv", [input, weight, bias], named: name,
      [
        ("kernel_shape", .integers(Array(layer.weight.shape[2...]))),
        ("pads", .integers([Int](repeating: layer.weight.shape[2] / 2, count: 4))),
        ("strides", .integers([stride, stride])),
      ])
  }

  /// Channels padded with zeros or cut, then pooled where the block halves the image.
  fileprivate mutating func shortcut(
    of input: String, to block: Architecture.Block, named name: String
  ) -> String {
    var map = input
    if block.outputChannels > block.inputChannels {
      let missing = block.outputChannels - block.inputChannels
      let pads = constant([0, 0, 0, 0, 0, missing, 0, 0], named: name + ".pads")
      map = add("Pad", [map, pads], named: name + ".pad")
    } else if block.outputChannels < block.inputChannels {
      let start = constant([0], named: name + ".start")
      let end = constant([block.outputChannels], named: name + ".end")
      let axis = constant([1], named: name + ".axis")
      map = add("Slice", [map, start, end, axis], named: name + ".slice")
    }
    return pooled(map, block, named: name + ".pool")
  }
}
