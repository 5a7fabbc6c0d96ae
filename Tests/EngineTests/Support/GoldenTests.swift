import Engine
import TestSupport
import Testing

/// The files of reference values can be read, and hold what their README says.
struct GoldenTests {
  @Test(arguments: [
    ("convolution", 42), ("losses", 19), ("meta", 43), ("network", 260), ("normalization", 28),
    ("optimizers", 15), ("predictor", 74), ("remapping", 35), ("training", 237),
  ])
  func `every file reads whole`(name: String, tensors: Int) throws {
    let golden = try Golden(name)
    #expect(golden.names.count == tensors)
    for name in golden.names {
      let tensor = try golden(name)
      #expect(tensor.values.count == tensor.shape.reduce(1, *))
      #expect(!tensor.values.contains { !$0.isFinite })
      #expect(tensor.storedType == .float32)
    }
    let strayed = try #require(golden.settings["float32_deviation"]?.doubleValue)
    #expect(strayed > 0 && strayed < 1e-5)
  }

  @Test func `a group is found by its prefix and named without it`() throws {
    let weights = try Golden("network").group("weights")
    #expect(weights["conv1.weight"]?.shape == [4, 3, 3, 3])
    #expect(weights["layer4.2.bn2.running_var"]?.shape == [16])
  }

  @Test func `settings hold labels and architectures`() throws {
    let settings = try Golden("remapping").settings
    #expect(settings["students"]?[0]?["depths"] == [2, 3, 2, 3])
    #expect(settings["space"]?["full_widths"] == [4, 8, 12, 16])
  }

  @Test func `deviation is relative to the largest expected number`() {
    #expect(deviation(of: [1, 2.5], from: [1, 2]) == 0.25)
    #expect(deviation(of: [0.5], from: [0]) == 0.5)
    #expect(deviation(of: [1], from: [1, 2]) == .infinity)
    #expect(deviation(of: [.nan], from: [1]) == .infinity)
  }
}
