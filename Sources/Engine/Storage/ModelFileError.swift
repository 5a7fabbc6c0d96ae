/// Why a file of weights cannot be used.
package enum ModelFileError: Error, Sendable, Equatable {
  /// `found` is what the file says it holds; nil where it says nothing.
  case wrongFormat(found: String?, holding: String)
  case badMetadata(String)
  case missingTensor(String)
  case wrongShape(tensor: String, found: [Int], wanted: [Int])
  case notFinite(tensor: String)
  case negativeVariance(tensor: String)
  /// Results that were measured with another teacher than the one given.
  case otherTeacher
}

extension ModelFileError: ExplainedError {
  package var problem: String {
    switch self {
    case .wrongFormat(let found?, let holding): "the file holds `\(found)`, not \(holding)"
    case .wrongFormat(nil, let holding): "the file does not say that it holds \(holding)"
    case .badMetadata(let key): "the file's entry `\(key)` is missing or damaged"
    case .missingTensor(let name): "the file has no tensor `\(name)`"
    case .wrongShape(let tensor, let found, let wanted):
      "the tensor `\(tensor)` has the shape \(found), and this network needs \(wanted)"
    case .notFinite(let tensor): "the tensor `\(tensor)` holds values that are not numbers"
    case .negativeVariance(let tensor): "the variances in the tensor `\(tensor)` must not be negative"
    case .otherTeacher: "the results belong to another teacher"
    }
  }

  package var advice: String? {
    switch self {
    case .wrongFormat(nil, _): "for plain weights, name the dataset and the space they belong to"
    case .wrongFormat, .badMetadata: "use a file that was written by `save`"
    case .missingTensor, .wrongShape: "the file belongs to another architecture or space"
    case .otherTeacher: "give the teacher with which they were measured"
    case .negativeVariance: "the file is damaged; save or copy it again"
    case .notFinite: "train the network again with a smaller learning rate"
    }
  }
}
