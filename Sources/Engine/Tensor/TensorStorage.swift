/// The numbers of one or several tensors.
///
/// Unchecked, because the memory is written only through `Tensor.init(shape:filledBy:)` before any other
/// thread can see it, and read-only from then on.
final class TensorStorage<Scalar: TensorScalar>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Scalar>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = BufferPool.take(bytes: count * MemoryLayout<Scalar>.stride)
      .bindMemory(to: Scalar.self, capacity: count)
  }

  var copy: TensorStorage {
    let copy = TensorStorage(count: count)
    copy.pointer.update(from: pointer, count: count)
    return copy
  }

  deinit {
    BufferPool.giveBack(UnsafeMutableRawPointer(pointer), bytes: count * MemoryLayout<Scalar>.stride)
  }
}
