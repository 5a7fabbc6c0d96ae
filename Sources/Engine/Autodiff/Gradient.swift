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
  return gradients(
    of: [output], upstream: [Tensor(repeating: 1, shape: output.shape)], withRespectTo: variables,
    keepGraph: keepGraph)
}

/// The gradients of the sum of all outputs, each multiplied by its upstream element by element.
///
/// Where the outputs are gradients themselves, this is the product of their Hessian with the upstream.
///
/// - Parameter upstream: constants, one an output, of its shape.
package func gradients<Scalar>(
  of outputs: [Tensor<Scalar>], upstream: [Tensor<Scalar>], withRespectTo variables: [Tensor<Scalar>],
  keepGraph: Bool = false
) -> [Tensor<Scalar>] {
  var walk = GradientWalk<Scalar>(keepsGraph: keepGraph, wanted: variables.compactMap(\.node))
  walk.run(from: zip(outputs, upstream).compactMap { output, seed in output.node.map { ($0, seed) } })
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

  mutating func run(from roots: [(node: Node, seed: Tensor<Scalar>)]) {
    for root in roots { add(root.seed, to: root.node) }
    for depth in stride(from: roots.map(\.node.depth).max() ?? 0, through: 0, by: -1) {
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
