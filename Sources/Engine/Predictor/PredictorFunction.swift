/// A function of students and of parameters by name, as predictors are.
package protocol ParametricFunction: Sendable {
  /// Every parameter with its shape, biases after their weights.
  var tensorShapes: [(name: String, shape: [Int])] { get }
  /// The parameter that moves every prediction, of shape [1].
  var outputBias: String { get }
  /// Whether it looks at students' feature maps; otherwise architecture codes are enough.
  var readsMaps: Bool { get }
  /// How many values the code of a student has.
  var codeLength: Int { get }
  /// How many channels its maps have, where it reads them.
  var mapChannels: Int { get }
}

extension ParametricFunction {
  package var parameterCount: Int { tensorShapes.reduce(0) { $0 + $1.shape.product } }

  /// PyTorch's defaults: uniform within 1/sqrt(fan-in) for weights and biases.
  package func initialParameters<Scalar>(
    of type: Scalar.Type = Float.self, random: inout RandomSource
  ) -> TensorDictionary<Scalar> {
    var parameters = TensorDictionary<Scalar>()
    var bound = 1.0
    for (name, shape) in tensorShapes {
      // A bias follows its weight and shares its bound.
      if shape.count > 1 { bound = 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot() }
      parameters[name] = Tensor(uniformWithShape: shape, in: -bound...bound, random: &random)
    }
    return parameters
  }

  /// Whether it can read students and teachers of `space`.
  package func fits(_ space: ResNetSpace) -> Bool {
    codeLength == space.codeLength && (!readsMaps || mapChannels == space.widths[3])
  }
}

/// What a meta-learned predictor computes, as a function of its parameters: f(s, t; phi).
///
/// Adaptation and meta-training are the same for all.
package protocol PredictorFunction: ParametricFunction {
  /// Predicts for one teacher; what depends on it alone is computed once.
  ///
  /// - Parameter teacherMap: (1, h, w, channels): h_{z,t}.
  /// - Returns: a function from students to predicted accuracies, (n), as fractions.
  func predictions<Scalar>(
    forTeacher teacherMap: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> @Sendable (StudentInputs<Scalar>) -> Tensor<Scalar>
}

extension PredictorFunction {
  /// Predicted accuracies, (n), as fractions.
  package func predict<Scalar>(
    _ students: StudentInputs<Scalar>, teacherMap: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    predictions(forTeacher: teacherMap, parameters: parameters)(students)
  }
}

/// Students as a predictor sees them.
package struct StudentInputs<Scalar: TensorScalar>: Sendable {
  /// Last feature maps on the noise, (n, h, w, channels): h_{z,s} of the paper's Eq. 4.
  package var maps: Tensor<Scalar>
  /// Architecture codes, (n, length): h_a.
  package var codes: Tensor<Scalar>

  package init(maps: Tensor<Scalar>, codes: Tensor<Scalar>) {
    self.maps = maps
    self.codes = codes
  }

  /// For a predictor that reads no maps, which then have no pixels.
  package init(codes: Tensor<Scalar>) {
    self.init(maps: Tensor([], shape: [codes.shape[0], 0, 0, 0]), codes: codes)
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
