/// The gradients of a single number with respect to variables, by reverse-mode differentiation.
///
/// - Parameters:
///   - output: a tensor with one element.
///   - variables: tensors made by `asVariable()`, or anything computed from them.
///   - keepGraph: whether the gradients can be differentiated in turn, to any order.
/// - Returns: one tensor a variable, of its shape; zeros where `output` does not depend on it.
package func gradients<Scalar>(
  of output: Tensor<Scalar>, withRespectTo variables: [Tensor<Scalar>], keepGraph: Bool = false
) -> [Tensor<Scalar>] {
  precondition(
    output.count == 1, "only a single number has gradients here, not a tensor of shape \(output.shape)")
  var walk = GradientWalk<Scalar>(keepsGraph: keepGraph, wanted: variables.compactMap(\.node))
  if let root = output.node { walk.run(from: root, seed: Tensor(repeating: 1, shape: output.shape)) }
  return variables.map { variable in
    variable.node.flatMap { walk.gradient(of: $0) } ?? Tensor(repeating: 0, shape: variable.shape)
  }
}

/// Carries gradients from the output down to the leaves, deepest operation first.
private struct GradientWalk<Scalar: TensorScalar> {
  typealias Node = GraphNode<Scalar>

  let keepsGraph: Bool
  let wanted: Set<ObjectIdentifier>
  private var arrived: [ObjectIdentifier: Tensor<Scalar>] = [:]
  private var waiting: [Int: [Node]] = [:]
  private var results: [ObjectIdentifier: Tensor<Scalar>] = [:]

  init(keepsGraph: Bool, wanted: [Node]) {
    self.keepsGraph = keepsGraph
    self.wanted = Set(wanted.map { ObjectIdentifier($0) })
  }

  func gradient(of node: Node) -> Tensor<Scalar>? { results[ObjectIdentifier(node)] }

  mutating func run(from root: Node, seed: Tensor<Scalar>) {
    add(seed, to: root)
    for depth in stride(from: root.depth, through: 0, by: -1) {
      for node in waiting.removeValue(forKey: depth) ?? [] { pass(node) }
    }
  }

  private mutating func add(_ gradient: Tensor<Scalar>, to node: Node) {
    let key = ObjectIdentifier(node)
    if let sum = arrived[key] {
      arrived[key] = sum + gradient
    } else {
      arrived[key] = gradient
      waiting[node.depth, default: []].append(node)
    }
  }

  private mutating func pass(_ node: Node) {
    let key = ObjectIdentifier(node)
    guard let upstream = arrived.removeValue(forKey: key) else { return }
    if wanted.contains(key) { results[key] = upstream }
    guard !node.inputs.isEmpty else { return }
    let gradients = node.rule(
      Backpropagation(
        inputs: keepsGraph ? node.inputs : node.inputs.map { $0.detached() },
        needs: node.inputs.map { $0.node != nil },
        upstream: upstream,
        keepsGraph: keepsGraph))
    for (input, gradient) in zip(node.inputs, gradients) {
      if let inputNode = input.node, let gradient { add(gradient, to: inputNode) }
    }
  }
}
