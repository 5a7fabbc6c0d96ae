/// An error that can be told to a person: what was wrong, and what to do about it.
///
/// Error enums hold facts only; each conforms to this protocol in a file of its own that holds the words.
package protocol ExplainedError: Error, Sendable {
  /// One phrase, lower case, no full stop, naming the thing that is wrong.
  var problem: String { get }
  /// The next thing to try, as a sentence without a full stop; nil where there is nothing useful to say.
  var advice: String? { get }
}
