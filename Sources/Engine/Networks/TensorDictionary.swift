/// Tensors by name, in a fixed order: the weights of a network, their gradients, or learned rates.
package struct TensorDictionary<Scalar: TensorScalar>: Sendable {
  package private(set) var names: [String] = []
  private var tensors: [String: Tensor<Scalar>] = [:]

  package init() {}

  package init(_ entries: [(String, Tensor<Scalar>)]) {
    for (name, tensor) in entries { self[name] = tensor }
  }

  /// The tensor of that name, which must exist when it is read.
  package subscript(name: String) -> Tensor<Scalar> {
    get {
      guard let tensor = tensors[name] else { preconditionFailure("there is no tensor named \(name)") }
      return tensor
    }
    set {
      if tensors.updateValue(newValue, forKey: name) == nil { names.append(name) }
    }
  }

  package func contains(_ name: String) -> Bool { tensors[name] != nil }

  package var ordered: [Tensor<Scalar>] { names.map { self[$0] } }

  package var entries: [(name: String, tensor: Tensor<Scalar>)] { names.map { ($0, self[$0]) } }

  /// Number of elements in all tensors.
  package var elementCount: Int { ordered.reduce(0) { $0 + $1.count } }

  package func mapped<Other: TensorScalar>(
    _ transform: (Tensor<Scalar>) -> Tensor<Other>
  ) -> TensorDictionary<Other> {
    TensorDictionary<Other>(entries.map { ($0.name, transform($0.tensor)) })
  }

  /// The same names with other tensors, given in order.
  package func replacing(with replacements: [Tensor<Scalar>]) -> TensorDictionary {
    TensorDictionary(Array(zip(names, replacements)))
  }
}
