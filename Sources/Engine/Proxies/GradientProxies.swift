/// Proxies made of the gradient of the loss on one batch (Abdelfattah et al., Zero-Cost Proxies for Lightweight
/// NAS, ICLR 2021).
///
/// L is the mean cross-entropy; W runs over the weights of convolutions and of the head.
struct GradientProxies {
  private let variables: [Tensor<Float>]
  private let layers: [ObservedPass.Layer]
  private let loss: Tensor<Float>

  init(_ network: ProxyNetwork, batch: ImageBatch, normalization: ObservedPass.Normalization) {
    let network = network.withCountedVariables()
    let pass = ObservedPass(network, images: batch.images, normalization: normalization)
    variables = pass.layers.map { network.weights.parameters[$0.weight] }
    layers = pass.layers
    loss = pass.logits.crossEntropy(labels: batch.labels)
  }

  /// sum over layers of ||dL/dW||
  var gradientNorm: Double {
    gradients(of: loss, withRespectTo: variables).reduce(0) { sum, gradient in
      sum + Double((gradient * gradient).sum().scalar.squareRoot())
    }
  }

  /// sum of |W dL/dW|: what removing single weights would change (Lee et al., ICLR 2019).
  var snip: Double {
    zip(variables, gradients(of: loss, withRespectTo: variables)).reduce(0) { sum, pair in
      sum + (pair.0 * pair.1).absoluteSum
    }
  }

  /// - sum of W (H g): how removing weights would change the gradient's flow (Wang et al., ICLR 2020), where H is
  /// the Hessian of L and g its gradient, held constant.
  var grasp: Double {
    let flowing = gradients(of: loss, withRespectTo: variables, keepGraph: true)
    let square = flowing.reduce(Tensor<Float>(0)) { $0 + ($1.detached() * $1).sum() }
    let products = gradients(of: square, withRespectTo: variables)
    return -zip(variables, products).reduce(0.0) { $0 + Double(($1.0 * $1.1).sum().scalar) }
  }

  /// sum over channels of 1/2 mean over images of (sum over pixels of a dL/da)^2, each channel counted once a
  /// weight that leads to it, where a is a layer's output (Turner et al., ICLR 2020).
  var fisher: Double {
    let arrived = gradients(of: loss, withRespectTo: layers.map(\.output))
    var sum = 0.0
    for (position, layer) in layers.enumerated() {
      let saliency = layer.output * arrived[position]
      let pixels = Array(saliency.shape.indices.dropFirst().dropLast())
      let summed = saliency.summed(overAxes: pixels)
      let images = Double(saliency.shape[0])
      let fan = variables[position].shape.dropFirst().reduce(1, *)
      sum += Double((summed * summed).sum().scalar) / (2 * images) * Double(fan)
    }
    return sum
  }
}

extension Tensor<Float> {
  /// The sum of all absolute values.
  var absoluteSum: Double { scalars.reduce(0) { $0 + Double(abs($1)) } }
}
