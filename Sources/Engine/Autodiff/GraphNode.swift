/// One recorded operation: what went in, and how the gradient of what came out turns into theirs.
final class GraphNode<Scalar: TensorScalar>: Sendable {
  typealias Rule = @Sendable (Backpropagation<Scalar>) -> [Tensor<Scalar>?]

  let inputs: [Tensor<Scalar>]
  let rule: Rule
  /// The longest way to a leaf; inputs always lie below, which orders the walk back.
  let depth: Int

  init(inputs: [Tensor<Scalar>], rule: @escaping Rule) {
    self.inputs = inputs
    self.rule = rule
    depth = 1 + (inputs.compactMap { $0.node?.depth }.max() ?? 0)
  }

  private init() {
    inputs = []
    rule = { _ in [] }
    depth = 0
  }

  /// A node without inputs, which stands for a variable.
  static func leaf() -> GraphNode { GraphNode() }
}

/// What a rule gets to see when the gradient passes its operation.
///
/// Rules are written with tensor operations themselves. If the graph of the gradient is kept, `inputs` carry
/// their history and the result can be differentiated again; if not, they are constants and nothing is
/// recorded.
struct Backpropagation<Scalar: TensorScalar>: Sendable {
  let inputs: [Tensor<Scalar>]
  /// Which inputs need a gradient; a rule may return nil for the others.
  let needs: [Bool]
  /// The gradient with respect to the operation's result, in its shape.
  let upstream: Tensor<Scalar>
  let keepsGraph: Bool
}
