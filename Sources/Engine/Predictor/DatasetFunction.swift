/// What a predictor that knows a task by its images computes, as a function of its parameters.
///
/// Such a predictor is not adapted: the images tell it the task.
package protocol DatasetFunction: ParametricFunction {
  /// How many numbers an image is described by.
  var imageFeatures: Int { get }

  /// Predicts for one dataset; what depends on it alone is computed once.
  ///
  /// - Parameter images: features of some images of each class, (classes, images, features).
  /// - Returns: a function from students to predicted accuracies, (n), as fractions.
  func predictions<Scalar>(
    forImages images: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> @Sendable (StudentInputs<Scalar>) -> Tensor<Scalar>

  /// What is minimized: a single number for some students of each of several tasks, as many of each.
  func loss<Scalar>(
    of tasks: [DatasetBatch<Scalar>], parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar>

  /// The output's bias at which predictions start around `accuracy`.
  func startingBias(for accuracy: Double) -> Double
}

/// Some images and some students of a task.
package struct DatasetBatch<Scalar: TensorScalar>: Sendable {
  /// (classes, images, features)
  package var images: Tensor<Scalar>
  package var students: StudentInputs<Scalar>
  /// Measured after distillation, in 0...1.
  package var accuracies: [Double]

  package init(images: Tensor<Scalar>, students: StudentInputs<Scalar>, accuracies: [Double]) {
    self.images = images
    self.students = students
    self.accuracies = accuracies
  }
}

extension Tensor {
  /// The linear layer with tensors `NAME.weight` and `NAME.bias`.
  func linear(_ name: String, _ parameters: TensorDictionary<Scalar>) -> Tensor {
    linear(weight: parameters["\(name).weight"], bias: parameters["\(name).bias"])
  }
}

extension DatasetFunction {
  /// The mean over tasks of the mean squared error over their students.
  func squaredError<Scalar>(
    of tasks: [DatasetBatch<Scalar>], parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    let losses = tasks.map { task in
      let predicted = predictions(forImages: task.images, parameters: parameters)(task.students)
      let error = predicted - Tensor(task.accuracies.map { Scalar($0) }, shape: [task.accuracies.count])
      return (error * error).mean()
    }
    return losses.dropFirst().reduce(losses[0], +) / Scalar(losses.count)
  }
}
