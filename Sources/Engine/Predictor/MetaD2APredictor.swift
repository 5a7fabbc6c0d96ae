/// MetaD2A's performance predictor (Lee et al., Rapid Neural Architecture Search by Learning to Generate Graphs from
/// Datasets, ICLR 2021) for the residual space.
///
/// The images of each class are pooled to a vector, these vectors to one for the dataset. The original encodes the
/// student as a graph of operations; students of this space differ in depths and widths alone, so their code goes
/// through two layers instead.
package struct MetaD2APredictor: DatasetFunction {
  package let imageFeatures: Int
  package let codeLength: Int
  /// Lengths of the dataset's and the student's vector, and of the layers behind them: 56 and 512 in the original.
  package let latent: Int
  package let hidden: Int

  package init(imageFeatures: Int, codeLength: Int, latent: Int = 56, hidden: Int = 512) {
    self.imageFeatures = imageFeatures
    self.codeLength = codeLength
    self.latent = latent
    self.hidden = hidden
  }

  package var readsMaps: Bool { false }
  package var mapChannels: Int { 0 }
  package var outputBias: String { "pred_fc.2.bias" }

  private var withinClass: SetPooling {
    SetPooling(name: "intra_setpool", inputs: imageFeatures, width: latent)
  }
  private var acrossClasses: SetPooling { SetPooling(name: "inter_setpool", inputs: latent, width: latent) }

  package var tensorShapes: [(name: String, shape: [Int])] {
    withinClass.tensorShapes + acrossClasses.tensorShapes + [
      ("arch_encoder.0.weight", [hidden, codeLength]), ("arch_encoder.0.bias", [hidden]),
      ("arch_encoder.2.weight", [latent, hidden]), ("arch_encoder.2.bias", [latent]),
      ("pred_fc.0.weight", [hidden, 2 * latent]), ("pred_fc.0.bias", [hidden]),
      ("pred_fc.2.weight", [1, hidden]), ("pred_fc.2.bias", [1]),
    ]
  }

  package func predictions<Scalar>(
    forImages images: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> @Sendable (StudentInputs<Scalar>) -> Tensor<Scalar> {
    let classes = withinClass(images, parameters)
    let dataset = acrossClasses(classes.reshaped(to: [1, classes.shape[0], latent]), parameters)
    return { students in
      let student = students.codes.linear("arch_encoder.0", parameters).rectified()
        .linear("arch_encoder.2", parameters)
      let both = Tensor.concatenated([dataset.broadcast(to: [students.count, latent]), student], axis: 1)
      return both.linear("pred_fc.0", parameters).hyperbolicTangent().linear("pred_fc.2", parameters)
        .reshaped(to: [students.count])
    }
  }

  package func loss<Scalar>(
    of tasks: [DatasetBatch<Scalar>], parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    squaredError(of: tasks, parameters: parameters)
  }

  package func startingBias(for accuracy: Double) -> Double { accuracy }
}
