/// Predicts from the architecture code alone: what the baselines MAML and Meta-SGD learn.
///
/// A multilayer perceptron with four hidden layers of 100 units and rectifiers (Lee et al., HELP, NeurIPS 2021, whose
/// code the paper's baselines follow). It knows of a task only what adaptation tells it.
package struct ArchitecturePredictor: PredictorFunction {
  package let codeLength: Int
  package let hidden: [Int]

  package init(codeLength: Int, hidden: [Int] = [100, 100, 100, 100]) {
    self.codeLength = codeLength
    self.hidden = hidden
  }

  package var readsMaps: Bool { false }
  package var mapChannels: Int { 0 }
  package var outputBias: String { "layers.\(hidden.count).bias" }

  package var tensorShapes: [(name: String, shape: [Int])] {
    let widths = [codeLength] + hidden + [1]
    return widths.indices.dropLast().flatMap { layer in
      [
        ("layers.\(layer).weight", [widths[layer + 1], widths[layer]]),
        ("layers.\(layer).bias", [widths[layer + 1]]),
      ]
    }
  }

  package func predictions<Scalar>(
    forTeacher teacherMap: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> @Sendable (StudentInputs<Scalar>) -> Tensor<Scalar> {
    { students in
      var values = students.codes
      for layer in 0...hidden.count {
        values = values.linear(
          weight: parameters["layers.\(layer).weight"], bias: parameters["layers.\(layer).bias"])
        if layer < hidden.count { values = values.rectified() }
      }
      return values.reshaped(to: [students.count])
    }
  }
}
