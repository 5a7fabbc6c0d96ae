/// Whose feature maps a predictor reads: all for the paper's, the others to find out what each map is good for.
package enum MapReading: String, Sendable, CaseIterable {
  case both
  /// The teacher's map is not read; the student's still holds the teacher's weights.
  case student
  /// The architecture code alone.
  case none
}

/// The sizes of an accuracy predictor.
package struct PredictorShape: Sendable, Hashable {
  /// Channels of the feature maps it reads: 256 in the paper.
  package var mapChannels: Int
  /// Length of the architecture code: 181 in the paper.
  package var codeLength: Int
  package var architectureFeatures = 64
  package var hidden = 64
  package var maps = MapReading.both

  package init(
    mapChannels: Int, codeLength: Int, architectureFeatures: Int = 64, hidden: Int = 64,
    maps: MapReading = .both
  ) {
    self.mapChannels = mapChannels
    self.codeLength = codeLength
    self.architectureFeatures = architectureFeatures
    self.hidden = hidden
    self.maps = maps
  }

  /// The sizes for students of `space`.
  package init(space: ResNetSpace, maps: MapReading = .both) {
    self.init(mapChannels: space.widths[3], codeLength: space.codeLength, maps: maps)
  }

  /// The encoders of maps, by the authors' names: the student's, then the teacher's.
  private var encoders: [String] {
    switch maps {
    case .both: ["func_encoder", "teacher_encoder"]
    case .student: ["func_encoder"]
    case .none: []
    }
  }

  /// Every tensor with its shape, named as in the authors' checkpoints.
  package var tensorShapes: [(name: String, shape: [Int])] {
    let half = max(mapChannels / 2, 1)
    let convolutions = encoders.flatMap { encoder in
      [
        ("\(encoder).conv1.weight", [half, mapChannels, 3, 3]),
        ("\(encoder).conv2.weight", [mapChannels, half, 3, 3]),
      ]
    }
    let features = encoders.count * mapChannels + architectureFeatures
    return convolutions + [
      ("arch_encoder.fc.weight", [architectureFeatures, codeLength]),
      ("arch_encoder.fc.bias", [architectureFeatures]),
      ("proj_layers.0.weight", [hidden, features]),
      ("proj_layers.0.bias", [hidden]),
      ("proj_layers.2.weight", [1, hidden]),
      ("proj_layers.2.bias", [1]),
    ]
  }
}

/// The paper's accuracy predictor (Eq. 3 and Appendix B); 1,228,289 parameters at its sizes.
package struct AccuracyPredictor: PredictorFunction {
  package let shape: PredictorShape
  /// Whether maps are divided by the root mean square of the teacher's, so that teachers of other magnitudes look alike.
  package let scalesMaps: Bool

  package init(shape: PredictorShape, scalesMaps: Bool = false) {
    self.shape = shape
    self.scalesMaps = scalesMaps
  }

  package var tensorShapes: [(name: String, shape: [Int])] { shape.tensorShapes }
  package var outputBias: String { "proj_layers.2.bias" }
  package var readsMaps: Bool { shape.maps != .none }
  package var codeLength: Int { shape.codeLength }
  package var mapChannels: Int { shape.mapChannels }

  package func predictions<Scalar>(
    forTeacher teacherMap: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> @Sendable (StudentInputs<Scalar>) -> Tensor<Scalar> {
    let scale = scalesMaps ? self.scale(of: teacherMap) : 1
    let teacherFeatures =
      shape.maps == .both ? encode(scaled(teacherMap, by: scale), by: "teacher_encoder", parameters) : nil
    let encoder = preparedEncoder(for: teacherMap, parameters)
    return { students in
      var studentFeatures: Tensor<Scalar>?
      if shape.maps != .none {
        let maps = scaled(students.maps, by: scale)
        studentFeatures = encoder?(maps) ?? encode(maps, by: "func_encoder", parameters)
      }
      return predictions(
        from: students.codes, studentFeatures: studentFeatures, teacherFeatures: teacherFeatures,
        parameters: parameters)
    }
  }

  /// What comes after the encoders of maps.
  ///
  /// - Parameters:
  ///   - studentFeatures: (n, channels), where the students' maps are read.
  ///   - teacherFeatures: (1, channels), where the teacher's map is read.
  func predictions<Scalar>(
    from codes: Tensor<Scalar>, studentFeatures: Tensor<Scalar>?, teacherFeatures: Tensor<Scalar>?,
    parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    let count = codes.shape[0]
    let architectureFeatures = codes.linear(
      weight: parameters["arch_encoder.fc.weight"], bias: parameters["arch_encoder.fc.bias"])
    let features = [
      studentFeatures, architectureFeatures,
      teacherFeatures?.broadcast(to: [count, shape.mapChannels]),
    ].compactMap(\.self)
    let hidden = Tensor.concatenated(features, axis: 1)
      .linear(weight: parameters["proj_layers.0.weight"], bias: parameters["proj_layers.0.bias"])
      .hyperbolicTangent()
    return hidden.linear(
      weight: parameters["proj_layers.2.weight"], bias: parameters["proj_layers.2.bias"]
    ).reshaped(to: [count])
  }

  /// The students' encoder with fewer multiplications, where no gradients are asked for and the sizes allow it.
  private func preparedEncoder<Scalar>(
    for teacherMap: Tensor<Scalar>, _ parameters: TensorDictionary<Scalar>
  ) -> (@Sendable (Tensor<Scalar>) -> Tensor<Scalar>?)? {
    guard shape.maps != .none else { return nil }
    let weights = [1, 2].map { parameters["func_encoder.conv\($0).weight"] }
    guard weights.allSatisfy({ $0.node == nil }), let known = weights as? [Tensor<Float>],
      let convolutions = ManyMapsEncoding.Convolutions(
        mapSize: teacherMap.shape[1], channels: shape.mapChannels)
    else { return nil }
    let encoder = PreparedEncoder(convolutions, weights: known)
    return { maps in
      guard maps.node == nil, let maps = maps as? Tensor<Float> else { return nil }
      return encoder.features(of: maps) as? Tensor<Scalar>
    }
  }

  /// One over the root mean square; 1 for a map of zeros.
  private func scale<Scalar>(of map: Tensor<Scalar>) -> Scalar {
    let square = (map * map).mean().scalar
    return square > 0 ? 1 / square.squareRoot() : 1
  }

  private func scaled<Scalar>(_ maps: Tensor<Scalar>, by scale: Scalar) -> Tensor<Scalar> {
    scale == 1 ? maps : maps * scale
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
