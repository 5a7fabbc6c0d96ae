/// Named settings for teachers and students, so that accuracies of one protocol can be compared.
package enum ExperimentProtocol: String, Sendable, CaseIterable {
  /// Appendix D.3: teachers for 180 epochs, students for 50, images shifted and mirrored.
  case paper
  /// For the demo world on a processor: short, and the images as they are, so that a teacher answers once.
  case demo

  package func teacherSettings(imageSize: Int) -> TeacherSettings {
    TeacherSettings(optimization: optimization(epochs: self == .paper ? 180 : 40, imageSize: imageSize))
  }

  package func distillationSettings(imageSize: Int) -> DistillationSettings {
    DistillationSettings(optimization: optimization(epochs: self == .paper ? 50 : 10, imageSize: imageSize))
  }

  private func optimization(epochs: Int, imageSize: Int) -> OptimizationSettings {
    var settings = OptimizationSettings(
      epochs: epochs, augmentation: self == .paper ? .paper(imageSize: imageSize) : .none)
    if self == .demo { settings.validationInterval = 2 }
    return settings
  }
}
