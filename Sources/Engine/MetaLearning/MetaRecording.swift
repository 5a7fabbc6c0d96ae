/// The record of a meta-training, and which of its moments is kept.
struct MetaRecording {
  private(set) var history: [MetaRecord] = []
  private(set) var detail: String?
  private var best = -Double.infinity
  private var losses: [Double] = []

  mutating func add(loss: Double) { losses.append(loss) }

  /// Writes a moment down and tells whether it is to be kept. An undefined correlation (constant predictions) never
  /// replaces a measured one.
  mutating func isBest(episode: Int, correlation: Double?) -> Bool {
    history.append(
      MetaRecord(
        episode: episode, loss: losses.mean ?? .nan,
        validationCorrelation: correlation))
    losses = []
    detail = correlation.map { "validation SRC \(($0 * 1000).rounded() / 1000)" }
    let isBest = correlation.map { $0 > best } ?? (best == -.infinity)
    if isBest { best = correlation ?? best }
    return isBest
  }
}
