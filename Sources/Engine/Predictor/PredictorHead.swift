/// What comes after the encoders in the paper's predictor, on some students of one teacher, with the gradients of the mean
/// squared error and how these move: the graph would take longer to be built than the numbers to be found.
///
/// With students' and teacher's features s and t, codes c and targets y:
/// x = [s, c A^T + a, t], h = tanh(x W^T + w), e = h U^T + u - y, and the loss is the mean of e^2.
struct PredictorHead: Sendable {
  /// The parameters A, a, W, w, U and u by their names.
  static let parameterNames = ["arch_encoder.fc", "proj_layers.0", "proj_layers.2"].flatMap {
    ["\($0).weight", "\($0).bias"]
  }

  /// All that the loss depends on, or a gradient with respect to it, or a direction in which it moves.
  struct Variables: Sendable {
    /// (n, channels)
    var students: Tensor<Float>
    /// (1, channels)
    var teacher: Tensor<Float>
    /// In the order of their names.
    var parameters: [Tensor<Float>]

    /// x, (n, features)
    fileprivate func joined(with architecture: Tensor<Float>) -> Tensor<Float> {
      .concatenated([students, architecture, teacher.broadcast(to: students.shape)], axis: 1)
    }
  }

  let loss: Float
  /// What e is multiplied by in its gradient.
  private let scale: Float
  private let variables: Variables
  private let codes: Tensor<Float>
  private let features: Tensor<Float>
  private let hidden: Tensor<Float>
  /// 1 - h^2
  private let slope: Tensor<Float>
  /// The gradients with respect to e, h and the argument of tanh.
  private let ofError: Tensor<Float>
  private let ofHidden: Tensor<Float>
  private let ofSum: Tensor<Float>

  /// - Parameters:
  ///   - codes: (n, length)
  ///   - accuracies: n targets.
  ///   - share: what the loss is multiplied by for its gradients.
  init(_ variables: Variables, codes: Tensor<Float>, accuracies: [Double], share: Float = 1) {
    let parameters = variables.parameters
    scale = 2 * share / Float(accuracies.count)
    self.variables = variables
    self.codes = codes
    features = variables.joined(with: codes.linear(weight: parameters[0], bias: parameters[1]))
    hidden = features.linear(weight: parameters[2], bias: parameters[3]).hyperbolicTangent()
    let error =
      hidden.linear(weight: parameters[4], bias: parameters[5])
      - Tensor(accuracies.map { Float($0) }, shape: [accuracies.count, 1])
    loss = (error * error).mean().scalar
    slope = -(hidden * hidden) + 1
    ofError = error * scale
    ofHidden = ofError.times(parameters[4])
    ofSum = ofHidden * slope
  }

  /// With respect to all variables.
  func gradients() -> Variables {
    let ofFeatures = ofSum.times(variables.parameters[2])
    return gradients(
      ofFeatures: ofFeatures,
      further: [
        ofSum.transposed.times(features), ofSum.summed(overAxes: [0]),
        ofError.transposed.times(hidden), ofError.summed(overAxes: [0]),
      ])
  }

  /// How the gradients move when the variables do: the product of the Hessian with `direction`.
  func gradientsMoved(by direction: Variables) -> Variables {
    let (parameters, moved) = (variables.parameters, direction.parameters)
    let movedFeatures = direction.joined(with: codes.linear(weight: moved[0], bias: moved[1]))
    let movedHidden =
      (features.linear(weight: moved[2], bias: moved[3]) + movedFeatures.times(parameters[2].transposed))
      * slope
    let movedError =
      (hidden.linear(weight: moved[4], bias: moved[5]) + movedHidden.times(parameters[4].transposed))
      * scale
    let movedOfSum =
      (movedError.times(parameters[4]) + ofError.times(moved[4])) * slope
      - ofHidden * hidden * movedHidden * 2
    return gradients(
      ofFeatures: movedOfSum.times(parameters[2]) + ofSum.times(moved[2]),
      further: [
        movedOfSum.transposed.times(features) + ofSum.transposed.times(movedFeatures),
        movedOfSum.summed(overAxes: [0]),
        movedError.transposed.times(hidden) + ofError.transposed.times(movedHidden),
        movedError.summed(overAxes: [0]),
      ])
  }

  private func gradients(ofFeatures: Tensor<Float>, further: [Tensor<Float>]) -> Variables {
    let (channels, width) = (variables.teacher.shape[1], ofFeatures.shape[1])
    func part(_ columns: Range<Int>) -> Tensor<Float> {
      ofFeatures.sliced(axis: 1, columns).contiguous()
    }
    let ofArchitecture = part(channels..<width - channels)
    return Variables(
      students: part(0..<channels),
      teacher: part(width - channels..<width).summed(overAxes: [0], keepingAxes: true),
      parameters: [ofArchitecture.transposed.times(codes), ofArchitecture.summed(overAxes: [0])] + further)
  }
}
