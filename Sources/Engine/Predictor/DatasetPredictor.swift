/// A learned predictor that knows a task by its images, with everything that using it needs.
package struct DatasetPredictor: Sendable {
  /// The space whose students it reads.
  package var space: ResNetSpace
  package var method: DatasetMethod
  package var features: FeatureSource
  package var function: any DatasetFunction
  package var imagesPerClass: Int
  package var parameters: TensorDictionary<Float>
  /// How it looks at students, where it reads their maps.
  package var embedding = EmbeddingSettings.standard
  package var history: [MetaRecord] = []
  /// How far its predictions were off for each student of the validation tasks, as fractions without sign.
  package var validationErrors: [Double] = []

  package init(
    space: ResNetSpace, method: DatasetMethod, features: FeatureSource, function: any DatasetFunction,
    imagesPerClass: Int, parameters: TensorDictionary<Float>, history: [MetaRecord] = []
  ) {
    self.space = space
    self.method = method
    self.features = features
    self.function = function
    self.imagesPerClass = imagesPerClass
    self.parameters = parameters
    self.history = history
  }

  /// How often images are drawn for one prediction, which is the mean; as MetaD2A does.
  private static let draws = 10

  /// A function from students of a dataset to predicted accuracies.
  ///
  /// - Throws: `ImageFeatureError.otherLength`.
  package func prediction(
    for images: ImageFeatures, named name: String
  ) throws(ImageFeatureError) -> @Sendable (StudentInputs<Float>) -> [Double] {
    guard images.count == function.imageFeatures else {
      throw .otherLength(dataset: name, found: images.count, wanted: function.imageFeatures)
    }
    var random = RandomSource(seed: 0, stream: "images")
    let draws = (0..<Self.draws).map { _ in
      function.predictions(
        forImages: images.drawn(imagesPerClass, random: &random), parameters: parameters)
    }
    return { students in
      let predicted = draws.map { $0(students).scalars }
      return (0..<students.count).map { student in
        predicted.reduce(0) { $0 + Double($1[student]) } / Double(predicted.count)
      }
    }
  }

  /// Mean Spearman correlation over tasks; nil without tasks, or where no task's correlation is defined.
  package func meanCorrelation(on tasks: [DatasetTask]) -> Double? {
    let correlations = tasks.compactMap { task in
      (try? prediction(for: task.images, named: task.name)).flatMap {
        RankCorrelation.spearman($0(task.students), task.accuracies)
      }
    }
    return correlations.mean
  }
}
