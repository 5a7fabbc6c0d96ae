/// The sizes of an accuracy predictor.
package struct PredictorShape: Sendable, Hashable {
  /// Channels of the feature maps it reads: 256 in the paper.
  package var mapChannels: Int
  /// Length of the architecture code: 181 in the paper.
  package var codeLength: Int
  package var architectureFeatures = 64
  package var hidden = 64

  package init(mapChannels: Int, codeLength: Int, architectureFeatures: Int = 64, hidden: Int = 64) {
    self.mapChannels = mapChannels
    self.codeLength = codeLength
    self.architectureFeatures = architectureFeatures
    self.hidden = hidden
  }

  /// The sizes for students of `space`.
  package init(space: ResNetSpace) {
    self.init(mapChannels: space.widths[3], codeLength: space.codeLength)
  }

  /// Every tensor with its shape, named as in the authors' checkpoints.
  package var tensorShapes: [(name: String, shape: [Int])] {
    let half = max(mapChannels / 2, 1)
    let encoders = ["func_encoder", "teacher_encoder"].flatMap { encoder in
      [
        ("\(encoder).conv1.weight", [half, mapChannels, 3, 3]),
        ("\(encoder).conv2.weight", [mapChannels, half, 3, 3]),
      ]
    }
    let features = 2 * mapChannels + architectureFeatures
    return encoders + [
      ("arch_encoder.fc.weight", [architectureFeatures, codeLength]),
      ("arch_encoder.fc.bias", [architectureFeatures]),
      ("proj_layers.0.weight", [hidden, features]),
      ("proj_layers.0.bias", [hidden]),
      ("proj_layers.2.weight", [1, hidden]),
      ("proj_layers.2.bias", [1]),
    ]
  }

  /// 1,228,289 at the paper's sizes.
  package var parameterCount: Int { tensorShapes.reduce(0) { $0 + $1.shape.product } }
}

/// Students as the predictor sees them.
package struct StudentInputs<Scalar: TensorScalar>: Sendable {
  /// Last feature maps on the noise, (n, h, w, channels): h_{z,s} of the paper's Eq. 4.
  package var maps: Tensor<Scalar>
  /// Architecture codes, (n, length): h_a.
  package var codes: Tensor<Scalar>

  package init(maps: Tensor<Scalar>, codes: Tensor<Scalar>) {
    self.maps = maps
    self.codes = codes
  }

  package var count: Int { codes.shape[0] }

  /// Some of the students.
  package func selecting(_ indices: [Int]) -> StudentInputs {
    let rowShape = Array(maps.shape.dropFirst())
    let flat = maps.reshaped(to: [maps.shape[0], rowShape.product])
    return StudentInputs(
      maps: flat.rows(indices).reshaped(to: [indices.count] + rowShape), codes: codes.rows(indices))
  }
}

/// The accuracy predictor f(s, t; phi) as a function of its parameters (paper, Eq. 3 and Appendix B).
package struct AccuracyPredictor: Sendable {
  package let shape: PredictorShape

  package init(shape: PredictorShape) { self.shape = shape }

  /// PyTorch's defaults: uniform within 1/sqrt(fan-in) for weights and biases.
  package func initialParameters<Scalar>(
    of type: Scalar.Type = Float.self, random: inout RandomSource
  ) -> TensorDictionary<Scalar> {
    var parameters = TensorDictionary<Scalar>()
    var bound = 1.0
    for (name, shape) in shape.tensorShapes {
      // A bias follows its weight and shares its bound.
      if shape.count > 1 { bound = 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot() }
      parameters[name] = Tensor(uniformWithShape: shape, in: -bound...bound, random: &random)
    }
    return parameters
  }

  /// Predicted accuracies, (n), as fractions.
  ///
  /// - Parameter teacherMap: (1, h, w, channels): h_{z,t}.
  package func predict<Scalar>(
    _ students: StudentInputs<Scalar>, teacherMap: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    predict(
      students, teacherFeatures: encode(teacherMap, by: "teacher_encoder", parameters), parameters: parameters
    )
  }

  /// The same with the teacher's features, (1, channels), computed before.
  package func predict<Scalar>(
    _ students: StudentInputs<Scalar>, teacherFeatures: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    let count = students.count
    let function = encode(students.maps, by: "func_encoder", parameters)
    let architecture = students.codes.linear(
      weight: parameters["arch_encoder.fc.weight"], bias: parameters["arch_encoder.fc.bias"])
    let teacher = teacherFeatures.broadcast(to: [count, shape.mapChannels])
    let hidden = Tensor.concatenated([function, architecture, teacher], axis: 1)
      .linear(weight: parameters["proj_layers.0.weight"], bias: parameters["proj_layers.0.bias"])
      .hyperbolicTangent()
    return hidden.linear(weight: parameters["proj_layers.2.weight"], bias: parameters["proj_layers.2.bias"])
      .reshaped(to: [count])
  }

  /// The teacher's features, (1, channels).
  package func teacherFeatures<Scalar>(
    _ map: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    encode(map, by: "teacher_encoder", parameters)
  }

  /// (n, h, w, channels) -> (n, channels): two convolutions with stride 2, then the mean over the image.
  private func encode<Scalar>(
    _ maps: Tensor<Scalar>, by encoder: String, _ parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    maps.convolved(with: parameters["\(encoder).conv1.weight"], stride: 2, padding: 1).rectified()
      .convolved(with: parameters["\(encoder).conv2.weight"], stride: 2, padding: 1).rectified()
      .globallyAveraged()
  }
}
