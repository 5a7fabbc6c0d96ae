/// How the two terms of the distillation loss are formed, where the paper's text and the authors' code disagree.
package enum DistillationForm: String, Sendable, CaseIterable {
  /// alpha H(y, p_s) + (1 - alpha) H(p_t^T, p_s^T): no factor on the softened term.
  case paper
  /// The softened term multiplied by T squared.
  case code
  /// The formula to the letter of the paper: the hard term also sees the softened student.
  case paperLiteral = "paper-literal"
}

extension Tensor {
  /// Cross-entropy of logits (N, K) with class labels, averaged over the batch.
  ///
  /// - Parameter smoothing: the part of the target's probability that is spread evenly over all classes.
  package func crossEntropy(labels: [Int], smoothing: Double = 0) -> Tensor {
    crossEntropy(target: Self.oneHot(labels, classes: shape[1], smoothing: smoothing))
  }

  /// Cross-entropy - sum of target log softmax(logits), averaged over the batch.
  package func crossEntropy(target: Tensor) -> Tensor {
    -((logSoftmax() * target).sum() / Scalar(shape[0]))
  }

  /// The distillation loss of a student's logits (paper, Appendix D.3).
  ///
  /// - Parameters:
  ///   - teacher: the teacher's logits, (N, K), a constant.
  ///   - alpha: the weight of the labels' term.
  package func distillationLoss(
    labels: [Int], teacher: Tensor, temperature: Double, alpha: Double, form: DistillationForm
  ) -> Tensor {
    let temperature = Scalar(temperature)
    let softened = self / temperature
    let target = (teacher.detached() / temperature).logSoftmax().exponential()
    let soft = softened.crossEntropy(target: target)
    let hard = (form == .paperLiteral ? softened : self).crossEntropy(labels: labels)
    let factor = form == .code ? temperature * temperature : 1
    return hard * Scalar(alpha) + soft * (Scalar(1 - alpha) * factor)
  }

  private static func oneHot(_ labels: [Int], classes: Int, smoothing: Double) -> Tensor {
    var target = [Scalar](repeating: Scalar(smoothing / Double(classes)), count: labels.count * classes)
    for (row, label) in labels.enumerated() { target[row * classes + label] += Scalar(1 - smoothing) }
    return Tensor(target, shape: [labels.count, classes])
  }
}
